# Snapshots, from the side of a Ruby program, which needs no change: ruby -r/preludes/wasm_fcgi SCRIPT
#
# Ruby runs this before it reads the script. What the script requires in its outermost lines is loaded,
# and then the request is waited for; the script itself is read, compiled and run in each request, in a
# copy of memory of its own. Where no snapshot is made, Ruby goes from its start to its end for each
# request, and does the same.

module WasmFcgi
  REQUEST = '/dev/wasm-fcgi/request'

  # What fails here fails again where the script asks for it, and is told there.
  def self.preload(script)
    statements(RubyVM::AbstractSyntaxTree.parse_file(script)).each do |call|
      next unless call.type == :FCALL && %i[require require_relative].include?(call.children[0])
      argument = call.children[1]&.children&.first
      next unless argument.is_a?(RubyVM::AbstractSyntaxTree::Node) && argument.type == :STR
      name = argument.children[0]
      name = File.expand_path(name, File.dirname(script)) if call.children[0] == :require_relative
      begin
        require name
      rescue ScriptError, StandardError
      end
    end
  rescue SyntaxError, SystemCallError
  end

  def self.statements(tree)
    body = tree.children[2]
    return [] unless body.is_a?(RubyVM::AbstractSyntaxTree::Node)
    (body.type == :BLOCK ? body.children : [body]).grep(RubyVM::AbstractSyntaxTree::Node)
  end

  # Where there is no such file the variables are there: it is some other server's CGI.
  def self.wait
    File.binread(REQUEST).split("\0").each do |entry|
      name, value = entry.split('=', 2)
      ENV[name] = value if value
    end
  rescue SystemCallError
  end
end

WasmFcgi.preload($0)
# What loading has left behind is collected once, not in every request.
GC.start
WasmFcgi.wait
# What was random once would be the same in all requests. Names of temporary files have a generator of their own.
srand
if defined?(Dir::Tmpname) && Dir::Tmpname.const_defined?(:RANDOM)
  random = Dir::Tmpname.const_get(:RANDOM)
  random.send(:initialize_copy, Random.new) if random.is_a?(Random)
end
