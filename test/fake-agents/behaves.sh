#!/bin/sh
# Says one thing and leaves: the one that nothing is wrong with.
. "$(dirname "$0")/speak.sh"
hello
say hello
finish
