# A CGI page with the standard library's CGI and ERB: a form, a cookie, a redirect.

require 'cgi'
require 'erb'

PAGE = ERB.new(<<~HTML, trim_mode: '-')
  <!doctype html>
  <html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Ruby</title>
  <link rel="stylesheet" href="/style.css">
  <p><a href="/">All programs</a></p>
  <h1>Ruby</h1>
  <p>Ruby <%= RUBY_VERSION %> on <%= RUBY_PLATFORM %>.</p>
  <form method="post">
    <input name="guest" placeholder="Who is there?" required> <button>Knock</button>
  </form>
  <%- if guest -%>
  <p>Last one at the door: <%= CGI.escapeHTML(guest) %>.</p>
  <%- end -%>
  <h2>The first twenty Fibonacci numbers</h2>
  <p><%= numbers.join(', ') %></p>
HTML

cgi = CGI.new('html5')
knocking = cgi.params['guest'].first
if cgi.request_method == 'POST' && knocking
  # The cookie remembers the guest; the redirect makes a reload harmless.
  cookie = CGI::Cookie.new('name' => 'guest', 'value' => [knocking], 'path' => cgi.script_name)
  print cgi.http_header('status' => '303 See Other', 'location' => cgi.script_name, 'cookie' => [cookie])
else
  guest = cgi.cookies['guest'].first
  numbers = Enumerator.produce([0, 1]) { |a, b| [b, a + b] }.take(20).map(&:first)
  cgi.out('type' => 'text/html', 'charset' => 'utf-8') { PAGE.result(binding) }
end
