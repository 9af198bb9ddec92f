#!/bin/sh
# Begins, and says nothing for ever.
. "$(dirname "$0")/speak.sh"
hello
exec sleep 600
