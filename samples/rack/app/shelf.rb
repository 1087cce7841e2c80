# A Rack application with middleware: a shelf of books to search, as HTML and as JSON.

$LOAD_PATH.unshift '/libs'
require 'json'
require 'rack'
require_relative 'cgi'

BOOKS = [
  { title: 'The Odyssey', author: 'Homer', year: -700 },
  { title: 'Don Quixote', author: 'Miguel de Cervantes', year: 1605 },
  { title: 'Pride and Prejudice', author: 'Jane Austen', year: 1813 },
  { title: 'Moby-Dick', author: 'Herman Melville', year: 1851 },
  { title: 'The Time Machine', author: 'H. G. Wells', year: 1895 }
].freeze

def page(query, books)
  escape = Rack::Utils.method(:escape_html)
  rows = books.map { |book| "<tr><th>#{escape.(book[:title])}<td>#{escape.(book[:author])}" }
  <<~HTML
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>A shelf</title>
    <link rel="stylesheet" href="/style.css">
    <p><a href="/">All programs</a></p>
    <h1>A shelf</h1>
    <form><input name="q" value="#{escape.(query)}" placeholder="Title or author"> <button>Search</button></form>
    <table>
    #{rows.join("\n")}
    </table>
    <p>Rack #{Rack.release} on Ruby #{RUBY_VERSION}.</p>
  HTML
end

def find(query)
  BOOKS.select { |book| "#{book[:title]} #{book[:author]}".downcase.include?(query.downcase) }
end

shelf = lambda do |env|
  request = Rack::Request.new(env)
  query = request.params['q'].to_s
  case request.path_info
  when '', '/' then [200, { 'content-type' => 'text/html; charset=utf-8' }, [page(query, find(query))]]
  when '/books.json' then [200, { 'content-type' => 'application/json' }, [JSON.generate(find(query))]]
  else [404, { 'content-type' => 'text/plain' }, ["There is no #{request.path_info} here.\n"]]
  end
end

app = Rack::Builder.new do
  # A client that has the page already is answered with 304, without its body.
  use Rack::ConditionalGet
  use Rack::ETag
  run shelf
end

serve(app.to_app)
