#!/bin/sh
# The launcher of one run (docs/adr/0001). Its only argument is the run's folder; layout v1.
#
# It is what lives between the daemon and the agent, so that the daemon may be killed at any instant: the agent's stdio
# are files of the folder, and its end is a file too. Plain POSIX sh: dash, bash and busybox ash run it alike.
# Each folder holds its own copy, because an upgrade must not rewrite a script that a shell is still reading.
#
# The order, and what a death right after each step leaves behind:
#   1. mkdir claim     not reached: `unclaimed`, launching again is safe. Reached: this folder is never launched again.
#   2. traps           before anyone can learn our pid: an untrapped USR1 would end us.
#   3. in.fifo, fd 3   before the identity: who sees the identity can open the FIFO.
#   4. launcher        our identity. Death before: `claimed` for ever, until the daemon takes `go` and so voids it.
#   5. argv cwd env    read; env is removed. Death from here on: `vanished`.
#   6. mkdir go        the fence: whoever makes it decides. The daemon made it: we end without having started anything.
#   7. the agent       started. Death between 6 and 8: an agent nobody wrote down; found by session, cgroup or mark.
#   8. agent           its pid and start time.
#   9. wait            USR1, or an `eof` marker found here, closes fd 3: the agent reads to the end of the FIFO, then EOF.
#  10. exit            the status. Death before: `vanished`; after: `ended`.

umask 077
PATH=/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin
LC_ALL=C
unset CDPATH ENV BASH_ENV
if [ -n "${BASH_VERSION-}" ]; then set +o posix; fi # which would make bash forget an exit once told (step 9)
cd "$1" || exit 1

# 1. One launcher wins; a second one, or a unit that is restarted, ends here without a trace.
mkdir claim 2>/dev/null || exit 0
exec </dev/null >>launcher.log 2>&1 || exit 1

# 2. Handlers, not `trap ''`: an ignored signal would stay ignored in the agent. TERM to the whole group or cgroup must
# end the agent and leave us alive to write down how it ended. drover itself never sends us one: so it came from the
# system (a logout, a shutdown, a stop of our unit) or by hand, and `stopped` says that it did.
# USR1 before there is an agent does nothing: its marker is looked at in step 9. Closing fd 3 earlier would leave the
# agent's own open of the FIFO without a writer, and so hanging. (`true`, not `:`, because a redirection that fails on
# a special builtin ends the shell, and a disk may be full.)
agent=
trap 'true >stopped' TERM INT HUP
trap 'if [ -n "$agent" ]; then exec 3>&-; true >eof.done; fi' USR1

# 3. We hold the write end (and, opened both ways, never block) so that the agent sees no EOF between two writers.
if [ -e input ]; then
  mkfifo -m 600 in.fifo || exit 1
  exec 3<>in.fifo || exit 1
  input=in.fifo
elif [ -e stdin ]; then
  input=stdin
else
  input=/dev/null
fi

# Sets `start`: what, beside boot and pid, tells a process from a later one with its pid.
start_of() {
  start=
  if [ -r "/proc/$1/stat" ]; then
    read -r line <"/proc/$1/stat" || return 1
    line=${line##*) } # the name in parentheses may itself hold anything
    set -f
    # shellcheck disable=SC2086 # split on purpose: field 22 of the line is field 20 of the rest
    set -- $line
    set +f
    start=${20}
  else
    start=$(TZ=UTC ps -o lstart= -p "$1") || return 1
  fi
}

# Writes pid $2 with its start time and our boot to file $1, whole or not at all.
write_identity() {
  start_of "$2"
  printf 'pid %s\nstart %s\nboot %s\n' "$2" "$start" "$boot" >"$1.tmp" && mv -f "$1.tmp" "$1"
}

# 4.
if [ -r /proc/sys/kernel/random/boot_id ]; then
  read -r boot </proc/sys/kernel/random/boot_id
else
  boot=$(sysctl -n kern.bootsessionuuid)
fi
write_identity launcher $$ || exit 1

# 5. The environment is kept as text and only ever becomes variables in the agent's own process: nothing in it (PATH,
# IFS, LD_PRELOAD) can change what we do.
. ./argv || exit 1
. ./cwd || exit 1
environment=$(cat env) || exit 1
rm -f env
mark=
if [ -e mark ]; then read -r mark <mark; fi

# A shell without job control starts background processes with INT and QUIT ignored, and dash cannot take that back.
# GNU env can (the daemon has tried it: two processes less here); bash, which may be `sh` elsewhere, does it by `trap -`.
reset=
if [ -z "${BASH_VERSION-}" ] && [ -e reset ]; then reset=1; fi
case $1 in *=*) reset= ;; esac # env would take it for an assignment

# 6.
mkdir go 2>/dev/null || exit 0

# 7. `<in.fifo` is opened while the child still has fd 3, so it cannot block even if EOF has been asked for already.
(
  trap - TERM INT HUP USR1 QUIT
  # A limit that Linux hands on and makes no other use of tells our processes from others (docs/adr/0012). The letter is
  # dash's and busybox's, or bash's; a system that has no such limit goes without.
  # shellcheck disable=SC3045
  if [ -n "$mark" ]; then { ulimit -w "$mark" || ulimit -x "$mark"; } 2>/dev/null; fi
  cd "$cwd" || exit 126
  umask 022
  unset PWD OLDPWD SHLVL LC_ALL PATH
  eval "$environment"
  unset environment
  if [ -n "$reset" ]; then exec /usr/bin/env --default-signal=INT,QUIT -- "$@"; fi
  exec "$@"
) <"$input" >>out.log 2>>err.log 3>&- &
agent=$!
unset environment

# 8. Without it (a full disk) the run goes on; only its worker's figures are missing.
write_identity agent "$agent"
agent_start=$start

# 9. A request for EOF writes its marker first and then looks for our identity: either we see the marker here, or our
# trap was in place before the signal.
if [ -e eof ]; then exec 3>&- && true >eof.done; fi

# A trapped signal makes `wait` return at once with 128 + its number, which looks like the agent's own death by that
# signal; a flag set by the trap cannot tell, because under bash `wait` may report a signal whose trap ran before it. So:
# a status up to 128 is the agent's. Above, an agent that is still there (or not reaped yet) says that the wait was cut
# short. Else it has been reaped, perhaps in the very moment of the signal, which is then what was reported: asked
# again, dash and bash repeat the true status, bash only after each signal that is still pending has been reported.
while :; do
  wait "$agent"
  status=$?
  if [ "$status" -le 128 ]; then break; fi
  if kill -0 "$agent" 2>/dev/null && start_of "$agent" && [ "$start" = "$agent_start" ]; then continue; fi
  for _ in 1 2 3 4 5; do
    wait "$agent" 2>/dev/null
    status=$?
    if [ "$status" -le 128 ]; then break; fi
  done
  break
done

# 10. A full disk may take long to heal; an end that is not written down would look like a crash. A folder that was
# removed meanwhile needs no record.
signal=
if [ "$status" -gt 128 ]; then signal=$(kill -l "$status" 2>/dev/null); fi
write_exit() {
  printf 'status %s\nsignal %s\nend\n' "$status" "$signal" >exit.tmp && mv -f exit.tmp exit
}
tries=0
until write_exit 2>/dev/null; do
  tries=$((tries + 1))
  if [ ! -d claim ] || [ "$tries" -ge 3600 ]; then exit 1; fi
  sleep 1
done
exit 0
