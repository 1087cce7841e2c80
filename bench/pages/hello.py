#!/usr/bin/python3 -B
# The smallest page: what remains is the interpreter.
print("Content-Type: text/plain\n")
print("Hello, world!")
