#!/bin/sh
# Asks twice under the same id, and goes on when it is answered.
. "$(dirname "$0")/speak.sh"
hello
ask 50
ask 50
hear 50
say hello
finish
