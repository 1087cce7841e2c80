# What programs of the web do, in Ruby: ?do=form, upload, redirect, session, bytes, body.
require 'cgi'
require 'digest/sha1'

$stdout.binmode
$stdin.binmode
action = ENV['QUERY_STRING'].split('=').last

def say(body, *headers)
  headers = ['Content-Type: text/plain'] if headers.empty?
  print headers.join("\n"), "\n\n", body
end

case action
when 'form'
  say "form #{CGI.new.params['name'].first}"
when 'upload'
  file = CGI.new.params['file'].first
  data = file.read
  say "#{file.original_filename} #{data.bytesize} #{Digest::SHA1.hexdigest(data)}"
when 'redirect'
  say 'moved', 'Location: /there?x=1'
when 'session'
  name = "/tmp/#{ENV.fetch('HTTP_COOKIE', 'session=first.rb').split('=').last}"
  count = 1 + (File.exist?(name) ? File.read(name).to_i : 0)
  File.write(name, count.to_s)
  say "count #{count}", 'Content-Type: text/plain', 'Set-Cookie: session=rb'
when 'bytes'
  say (0..255).to_a.pack('C*') * 1024, 'Content-Type: application/octet-stream'
when 'body'
  say Digest::SHA1.hexdigest($stdin.read)
end
