#!/bin/sh
# Writes a line of 100 MB, then goes on as if nothing had been.
. "$(dirname "$0")/speak.sh"
hello
head -c 100000000 /dev/zero | tr '\0' x
echo
say hello
finish
