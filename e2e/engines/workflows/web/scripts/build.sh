#!/bin/bash
# Compiles every source, two at a time, and packs the result.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p dist
printf '%s\n' src/* | xargs -P 2 -n 1 scripts/compile.sh
tar -czf dist/site.tar.gz -C dist pages
sha256sum dist/site.tar.gz
