#!/bin/sh
# Writes NUL bytes and bytes that are no UTF-8, on lines of their own and inside a message.
. "$(dirname "$0")/speak.sh"
hello
printf 'a\000b\377\376c\n'
printf '\303\n\355\240\200\n'
say "$(printf 'h\377llo')"
finish
