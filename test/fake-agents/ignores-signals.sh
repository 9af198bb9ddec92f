#!/bin/sh
# Ignores each signal that can be ignored, and goes on.
. "$(dirname "$0")/speak.sh"
trap '' TERM INT HUP QUIT PIPE
hello
say hello
while :; do sleep 0.1; done
