#!/bin/bash
# One run of the listener.
"$PWD/bin/Runner.Listener" run "$@"
exit $?
