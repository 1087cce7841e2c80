<?php
// The smallest page: what remains is the interpreter.
header('Content-Type: text/plain');
echo "Hello, world!\n";
