# What an agent says that drover speaks with, as far as the zoo needs it; `$1` of the program that reads this is the runtime:
# acp, claude, codex, exec (codex exec) or command. Drover's requests have fixed ids, so nobody has to read them first.

runtime=$1

# Up to the prompt, which is taken as read.
hello() {
  case $runtime in
    acp)
      echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{}}}'
      echo '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s1"}}'
      ;;
    claude) echo '{"type":"system","subtype":"init","session_id":"s1"}' ;;
    codex)
      echo '{"id":1,"result":{}}'
      echo '{"id":2,"result":{"thread":{"id":"s1"}}}'
      echo '{"id":3,"result":{"turn":{"id":"u1"}}}'
      ;;
    exec)
      echo '{"type":"thread.started","thread_id":"s1"}'
      echo '{"type":"turn.started"}'
      ;;
  esac
}

# The line that says $1, without its newline.
said() {
  case $runtime in
    acp) printf '%s' '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s1","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"'"$1"'"}}}}' ;;
    claude) printf '%s' '{"type":"assistant","message":{"content":[{"type":"text","text":"'"$1"'"}]}}' ;;
    codex) printf '%s' '{"method":"item/completed","params":{"threadId":"s1","item":{"type":"agentMessage","id":"m","text":"'"$1"'"}}}' ;;
    exec) printf '%s' '{"type":"item.completed","item":{"type":"agent_message","id":"m","text":"'"$1"'"}}' ;;
    command) printf '%s' "$1" ;;
  esac
}

say() {
  said "$1"
  echo
}

# Asks for a permission, as request number $1.
ask() {
  case $runtime in
    acp) echo '{"jsonrpc":"2.0","id":'"$1"',"method":"session/request_permission","params":{"sessionId":"s1","toolCall":{"toolCallId":"t'"$1"'","title":"Request '"$1"'"},"options":[{"optionId":"yes","name":"Yes","kind":"allow_once"},{"optionId":"no","name":"No","kind":"reject_once"}]}}' ;;
    claude) echo '{"type":"control_request","request_id":"'"$1"'","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"Request '"$1"'"}}}' ;;
    codex) echo '{"id":'"$1"',"method":"item/commandExecution/requestApproval","params":{"threadId":"s1","itemId":"c'"$1"'","command":"Request '"$1"'"}}' ;;
  esac
}

# Tells that the tool call of request number $1 goes on.
goes_on() {
  case $runtime in
    acp) echo '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s1","update":{"sessionUpdate":"tool_call_update","toolCallId":"t'"$1"'","status":"in_progress"}}}' ;;
    claude) echo '{"type":"tool_progress","tool_use_id":"'"$1"'"}' ;;
    codex) echo '{"method":"item/started","params":{"threadId":"s1","item":{"type":"commandExecution","id":"c'"$1"'","command":"make"}}}' ;;
  esac
}

# Waits for the answer to request number $1.
hear() {
  while read -r line; do
    case $line in *'"id":'"$1"[,}]* | *'"request_id":"'"$1"'"'*) return ;; esac
  done
}

# Ends the turn well.
finish() {
  case $runtime in
    acp) echo '{"jsonrpc":"2.0","id":4,"result":{"stopReason":"end_turn"}}' ;;
    claude) echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}' ;;
    codex) echo '{"method":"turn/completed","params":{"threadId":"s1","turn":{"id":"u1","status":"completed"}}}' ;;
    exec) echo '{"type":"turn.completed","usage":{}}' ;;
  esac
}
