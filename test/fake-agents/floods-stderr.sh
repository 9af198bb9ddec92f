#!/bin/sh
# Writes lines on stderr for as long as it is let.
. "$(dirname "$0")/speak.sh"
hello
exec yes "$(head -c 4000 /dev/zero | tr '\0' x)" >&2
