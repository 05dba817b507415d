#!/bin/sh
# Runs a command that knows nothing of us (arguments: log file, command, its arguments), reports its pid, and ends it when
# our stdin closes, which happens when the process that started us goes away, even by SIGKILL. Exits as the command exits.
# In shell, because a test starts hundreds of these and a Node takes a tenth of a second of CPU to be there.
GRACE_S=2
log=$1
shift
if ! command -v "$1" >/dev/null; then
  echo "$1: not found" >&2
  exit 127
fi

exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
child=$!
echo "{\"pid\":$child}"

end() {
  kill -TERM "$child" 2>/dev/null
  sleep "$GRACE_S"
  kill -KILL "$child" 2>/dev/null
}
# Reads nothing but the end of its input.
(
  read -r _ <&3
  end
) >/dev/null 2>&1 &
watcher=$!
exec >/dev/null
trap 'end &' TERM INT

wait "$child"
code=$?
# A trap ends a wait before its time.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
kill "$watcher" 2>/dev/null
exit "$code"
