#!/bin/sh
# Asks for 10,000 permissions at once, reads no answer, and ends its turn.
. "$(dirname "$0")/speak.sh"
hello
id=100
while [ $((id += 1)) -le 10100 ]; do ask $id; done
finish
