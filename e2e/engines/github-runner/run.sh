#!/bin/bash
# Runs the listener once and passes a signal on to its process group, as the runner's run.sh does with RUNNER_MANUALLY_TRAP_SIG; ends with 0 whatever the job's result.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
set -m
trap 'kill -INT -- "-$helper" 2>/dev/null' INT TERM

/bin/bash ./run-helper.sh "$@" &
helper=$!
until wait "$helper"; code=$?; ! kill -0 "$helper" 2>/dev/null; do :; done # a trapped signal ends `wait`, not the helper
case $code in
  0 | 1) exit 0 ;;
  *) echo "The listener ended with $code." >&2; exit "$code" ;;
esac
