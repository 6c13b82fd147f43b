# Waits for a word on the pipe `start`, then connects to the collector and says on the pipe `done` what came of it.
echo ready >"$RUNNER_TEMP/done"
read -r _ <"$RUNNER_TEMP/start"
if timeout 3 bash -c "exec 3<>/dev/tcp/${COLLECTOR%:*}/${COLLECTOR##*:}" 2>/dev/null; then result=connected; else result='not connected'; fi
echo "$result" >"$RUNNER_TEMP/done"
