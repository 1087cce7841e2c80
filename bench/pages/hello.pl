#!/usr/bin/perl
# The smallest page: what remains is the interpreter.
print "Content-Type: text/plain\n\n";
print "Hello, world!\n";
