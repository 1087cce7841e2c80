#!/usr/bin/ruby --disable=gems
# A page with json and erb: what small Ruby pages require.
require 'erb'
require 'json'

rows = JSON.parse('[{"name": "<one>", "n": 1}, {"name": "two & three", "n": 23}]') * 50
template = ERB.new(<<~HTML)
  <!doctype html>
  <title>Page</title>
  <ul>
  <% rows.each do |row| %><li><%= ERB::Util.html_escape(row['name']) %>: <%= row['n'] %></li>
  <% end %></ul>
HTML
print "Content-Type: text/html; charset=utf-8\r\n\r\n", template.result(binding)
