#!/bin/sh
# The terminal of one run (docs/adr/0007): a tmux server of its own, in whose pane the program runs. The launcher starts
# this in the foreground, as it would an agent. Arguments: the run's folder, the path of tmux, the program and its own
# arguments. Plain POSIX sh, and a copy in each folder, for the reasons that launcher.sh gives.
#
# The order, and why:
#   1. told         a FIFO on which the parts of the terminal tell us, one word and one value a line.
#   2. the server   with its options and the pane, in one command. In the pane runs this file again (`inside`): it waits
#                   at the gate `open`, runs the program, and tells how it ended.
#   3. pipe-pane    runs this file a third time (`record`): what the pane shows, appended to out.log.
#   4. open         only now, so that not one byte of the program is missing there.
#   5. in.fifo      our stdin, typed into the pane line by line.
#   6. the end      `inside` tells it. What tmux knows of a dead pane is not asked for: a short program that ends soon
#                   after the start of the server it may miss (3.3a: one in twenty).
#   7. recorded     the pane is closed, and all it showed is in the file.
#   8. exit         as the program did; 128 + n after signal n.

folder=$1
role=$2
case $role in
  inside | record)
    # The command line of the first of us: it may be too long for a message to the tmux server.
    . "$folder/argv" || exit 126
    shift 3
    ;;
  *)
    role=outside
    shift
    ;;
esac
tmux=$1
shift
run_tmux() { "$tmux" -u -S "$folder/tmux.sock" "$@" </dev/null 4<&- 6<&-; }
tell() { echo "$@" 1<>"$folder/told"; } # opened both ways it never waits for a reader

if [ "$role" = inside ]; then
  run_tmux wait-for open || exit 126
  unset DROVER_TERMINAL
  # What the keyboard sends is for the program. A handler, unlike an ignored signal, is ours alone. HUP ends us, as the
  # leader of the session, and by that the program. What a shell says of the death of its child is not for the screen.
  trap : INT QUIT
  exec 5>&2 2>/dev/null
  if command -v "$1" >/dev/null; then
    (exec "$@" 2>&5 5>&-)
    status=$?
  else
    echo "$1: not found"
    status=127
  fi
  tell status "$status"
  exit
fi

if [ "$role" = record ]; then
  # A full disk ends cat, and what it had read is lost. Then it is tried again with each byte that comes: what nobody
  # reads would pile up in the memory of the server.
  until cat >>"$folder/out.log"; do
    if [ "$(dd bs=1 count=1 2>/dev/null | wc -c)" -eq 0 ]; then break; fi
  done
  tell recorded
  exit
fi

exec 4<&0 </dev/null >&2 # out.log is for what the pane shows
typist=
leave() {
  if [ -n "$typist" ]; then kill "$typist" 2>/dev/null; fi
  run_tmux kill-server 2>/dev/null
  exit "$1"
}
fail() {
  echo "$1" >&2
  leave 1
}
trap 'leave 143' TERM INT HUP

# 1.
(umask 077 && mkfifo "$folder/told") && exec 6<>"$folder/told" || exit 1

# 2. No configuration of the person, no status line, no way to the clipboard: the screen is the program's. The folder goes
# by the environment, because tmux expands what is in its commands, such as `#(…)` in a path.
unset TMUX TMUX_PANE
export DROVER_TERMINAL="$folder"
pane=$(
  run_tmux -f /dev/null start-server \; \
    set-option -s escape-time 10 \; \
    set-option -s set-clipboard off \; \
    set-option -gq allow-passthrough off \; \
    set-option -g default-terminal screen-256color \; \
    set-option -g history-limit 5000 \; \
    set-option -g status off \; \
    set-option -g display-time 4000 \; \
    new-session -d -s run -x 200 -y 50 -P -F '#{pane_id}' \
    /bin/sh "$folder/terminal.sh" "$folder" inside
) || fail 'tmux could not make a terminal for the program'

# 3.
# shellcheck disable=SC2016 # for the shell that tmux starts
run_tmux set-environment -gu DROVER_TERMINAL \; \
  pipe-pane -O -t "$pane" 'exec /bin/sh "$DROVER_TERMINAL/terminal.sh" "$DROVER_TERMINAL" record' ||
  fail 'tmux could not record what the program shows'

# 4.
run_tmux wait-for -S open || fail 'tmux ended before the program was started'

# 5. A line is the length of its text in bytes, its key, and the text, with `\` and line feeds as printf writes them. What
# does not have its length was cut when its writer died, and is not typed: half a command may do harm. What has the key of
# the line before was written by one that died before it could note that, and again by the next.
type_lines() {
  LC_ALL=C
  last=
  while IFS= read -r line; do
    case $line in *' '*' '*) ;; *) continue ;; esac
    rest=${line#* }
    key=${rest%% *}
    text=${rest#* }
    if [ "${line%% *}" != "${#text}" ] || [ "$key" = "$last" ]; then continue; fi
    last=$key
    printf '%b' "$text" | "$tmux" -S "$folder/tmux.sock" load-buffer -b drover - \; \
      paste-buffer -p -d -b drover -t "$pane" \; send-keys -t "$pane" Enter
  done
}
type_lines <&4 4<&- 6<&- &
typist=$!
exec 4<&-

# 6. Nobody opens `never`: this client ends with the server. A pane that is closed before `inside` has told is closed by a
# person.
{
  run_tmux wait-for never 2>/dev/null
  tell lost
} &
while read -r word status <&6; do
  case $word in
    status) break ;;
    recorded | lost) fail 'The terminal was closed, or its tmux server ended, before the program had ended' ;;
  esac
done

# 7. With a limit, for a pane that something in the background holds open, and for a recorder that was killed.
sleep 5 &
limit=$!
while read -r word _; do
  case $word in recorded) kill "$limit" ;; esac
done <&6 2>/dev/null &
collector=$!
wait "$limit" 2>/dev/null
kill "$collector"

# 8.
leave "$status"
