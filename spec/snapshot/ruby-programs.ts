// Ruby for the specs of its prelude: a library that is loaded before the request, and scripts that use it.

/** TOKEN tells one start from another; whatever is random has been asked once, so that a copy would show. */
const BORN_RB = `require 'json'
require 'securerandom'
require 'tempfile'
STDERR.puts 'ruby starts'
module Born
  TOKEN = SecureRandom.hex
  @counted = 0
  def self.values
    { rand: rand, Random: Random.rand, shuffle: [*0..99].shuffle, own: Random.new.rand,
      seed: Random.new_seed.to_s, hex: SecureRandom.hex, uuid: SecureRandom.uuid,
      tmpname: Dir::Tmpname.create('x', '/app') {}, hash: 'a text'.hash }
  end
  values
  def self.show
    @counted += 1
    print "Content-Type: application/json\\r\\n\\r\\n"
    puts JSON.generate(token: TOKEN, counted: @counted, query: ENV['QUERY_STRING'], values: values)
  end
end
`;

/** Ends in each of the ways in which a script can end, or shows what is random. */
const ENDS_RB = `#!/usr/bin/ruby
require 'json'
require_relative 'born'
require 'not there' if false
what = ENV['QUERY_STRING']
if what.start_with?('round')
  Born.show
  exit
end
print "Content-Type: text/plain\\r\\n\\r\\n"
at_exit { puts "at the end" }
puts "begun #{$0} #{ARGV} #{__FILE__ == $0} #{__method__.inspect} #{self} #{caller} #{STDIN.read} #{DATA.read}"
puts ENV.to_h.except('REMOTE_PORT', 'REQUEST_URI', 'SCRIPT_NAME', 'UNIQUE_ID', 'PATH_TRANSLATED').to_json
case what
when 'status' then exit 3
when 'raise' then raise 'dead'
when 'warn' then warn 'a warning'
when 'require' then require 'set'; puts Set[1, 2].inspect
when 'file' then puts File.readlines($0).size
when 'none' then require 'none'
when 'gc' then GC.start; puts ObjectSpace.each_object(Module).any?
end
__END__
the data
`;

/** A script that asks for its request by itself, and seeds nothing. */
const UNSEEDED_RB = `require_relative 'born'
File.binread('/dev/wasm-fcgi/request').split("\\0").each do |entry|
  name, value = entry.split('=', 2)
  ENV[name] = value if value
end
Born.show
`;

export const RUBY_FILES: Readonly<Record<string, string>> = {
  'app/born.rb': BORN_RB,
  'app/ends.rb': ENDS_RB,
  'app/unseeded.rb': UNSEEDED_RB,
};
