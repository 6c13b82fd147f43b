# Leaves a process behind that outlives its step: in a session of its own, with nothing open that the step waits for.
state=$(cd "$(dirname "$0")" && pwd)
mkfifo "$state/start" "$state/done"
setsid bash "$state/daemon.sh" "$state" "$COLLECTOR" >/dev/null 2>&1 </dev/null &
read -r _ <"$state/done" # until it has its own session: the end of the step's terminal would end it too
