#!/bin/sh
# Asks, and in the same breath tells that the tool call goes on, as OpenCode does; then it waits for the answer.
. "$(dirname "$0")/speak.sh"
hello
breath=$(ask 50; goes_on 50)
printf '%s\n' "$breath"
hear 50
say hello
finish
