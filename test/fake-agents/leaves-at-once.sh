#!/bin/sh
# Ends well before it has read anything.
. "$(dirname "$0")/speak.sh"
exit 0
