# Waits for a word on the pipe `start`, then connects to the collector and says on the pipe `done` what came of it.
echo ready >"$1/done"
read -r _ <"$1/start"
if timeout 3 bash -c "exec 3<>/dev/tcp/${2%:*}/${2##*:}" 2>/dev/null; then result=connected; else result='not connected'; fi
echo "$result" >"$1/done"
