#!/bin/sh
# Writes each line in two pieces with a pause between them, and the last one without an end.
. "$(dirname "$0")/speak.sh"
in_pieces() {
  printf '%s' "${1%???}"
  sleep 0.1
  printf '%s' "${1#"${1%???}"}"
}
hello
in_pieces "$(said hello)"
echo
in_pieces "$(finish)"
