#!/bin/bash
# Asks the service, and gives the word to the process of the step before.
set -euo pipefail
for file in dist/*.gz; do gzip -t "$file"; done
exec 3<>"/dev/tcp/${SERVICE%:*}/${SERVICE##*:}"
printf 'GET / HTTP/1.0\r\n\r\n' >&3
grep -q 'hello' <&3
echo now >"$RUNNER_TEMP/start"
read -r result <"$RUNNER_TEMP/done"
echo "cache: $result"
