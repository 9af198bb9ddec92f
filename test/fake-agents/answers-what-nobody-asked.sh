#!/bin/sh
# Answers requests that were never made, and once more those that were.
. "$(dirname "$0")/speak.sh"
hello
for id in 77 1 2 null '"x"'; do
  echo '{"jsonrpc":"2.0","id":'"$id"',"result":{}}'
  echo '{"type":"control_response","response":{"subtype":"success","request_id":'"$id"',"response":{}}}'
done
say hello
finish
