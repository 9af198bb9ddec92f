#!/bin/sh
# Goes on talking when its turn is over.
. "$(dirname "$0")/speak.sh"
hello
say hello
finish
say 'too late'
ask 50
finish
echo 'and noise'
