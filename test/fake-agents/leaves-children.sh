#!/bin/sh
# Ends its turn, and leaves processes behind that hold its output open, some in a session of their own.
. "$(dirname "$0")/speak.sh"
hello
say hello
(setsid sh -c 'trap "" TERM HUP; (sleep 600 &); sleep 600' &)
(sleep 600 &)
finish
