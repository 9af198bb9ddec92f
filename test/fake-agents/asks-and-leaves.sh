#!/bin/sh
# Asks, and ends before anybody can answer.
. "$(dirname "$0")/speak.sh"
hello
ask 50
exit 0
