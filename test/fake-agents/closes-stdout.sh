#!/bin/sh
# Closes its output and lives on.
. "$(dirname "$0")/speak.sh"
hello
say hello
exec >&- 2>&-
exec sleep 600
