# Joins a Rack application to CGI: the environment in, status, headers and body out.

def serve(app)
  env = ENV.to_h.merge(
    'rack.input' => $stdin.binmode, 'rack.errors' => $stderr,
    'rack.url_scheme' => ENV['HTTPS'] == 'on' ? 'https' : 'http',
    'QUERY_STRING' => ENV['QUERY_STRING'].to_s, 'PATH_INFO' => ENV['PATH_INFO'].to_s
  )
  status, headers, body = app.call(env)
  print "Status: #{status}\n"
  # Several values of one header come in lines or in a list, by the version of Rack.
  headers.each { |name, values| [*values].flat_map(&:lines).each { |value| print "#{name}: #{value.chomp}\n" } }
  print "\n"
  $stdout.binmode
  body.each { |part| print part }
  body.close if body.respond_to?(:close)
end
