#!/bin/sh
# The attempts that are safe to show, as a plain CGI script: it runs as httpd's user, without a
# sandbox. It touches nothing but two files of the demo, which lie outside of its directory.
work=$BREAK_OUT_WORK
printf 'Content-Type: text/plain; charset=utf-8\n\n'
open_path() { printf '%s: ' "$1"; cat "$1" 2>&1; }
case $QUERY_STRING in
traversal) open_path "$work/../secret/note.txt" ;;
symlink) open_path "$work/link" ;;
write)
    echo 'written by a CGI script' > "$work/../secret/left.txt"
    open_path "$work/../secret/left.txt"
    rm -f "$work/../secret/left.txt"
    ;;
esac
