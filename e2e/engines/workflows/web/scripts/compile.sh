#!/usr/bin/env bash
# One source to one page: words, sorted and counted.
set -euo pipefail
mkdir -p dist/pages
tr -cs '[:alpha:]' '\n' <"$1" | sort | uniq -c | sort -rn >"dist/pages/$(basename "$1" .txt).page"
