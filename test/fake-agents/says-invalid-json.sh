#!/bin/sh
# Writes what looks like messages and is none.
. "$(dirname "$0")/speak.sh"
hello
echo '{'
echo '{"jsonrpc":"2.0","id":4,"result":{"stopReason":"end_turn"}'
echo '[1,2,3]'
echo 'null'
echo 'Warning: this is a banner'
say hello
finish
