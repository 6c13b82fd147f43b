#!/bin/bash
# Checks the pages, asks the service for its greeting, and gives the word to whatever the packages left running.
set -euo pipefail
cd "$(dirname "$0")/.."
for page in dist/pages/*.page; do grep -q '[a-z]' "$page"; done
exec 3<>"/dev/tcp/${SERVICE%:*}/${SERVICE##*:}"
printf 'GET / HTTP/1.0\r\n\r\n' >&3
grep -q 'hello' <&3
echo now >modules/telemetry/start
read -r result <modules/telemetry/done
echo "the process that a package left behind: $result"
