#!/usr/bin/ruby --disable=gems
# The smallest page: what remains is the interpreter.
print "Content-Type: text/plain\r\n\r\n"
puts 'Hello, world!'
