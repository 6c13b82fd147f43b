#!/usr/bin/env bash
# Runs COMMAND in a mount namespace of its own (the caller made it) with bpffs and cgroup2 at our paths, and a /proc that has a `modules`
# file: Cilium insists on one, and a kernel without loadable modules has none.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

mount -t bpf chaperone "$STATE/bpffs"
mount -t cgroup2 chaperone "$STATE/cgroup2"
if [ ! -e /proc/modules ]; then
  mkdir -p "$STATE/proc" "$STATE/real-proc"
  mount --rbind /proc "$STATE/real-proc"
  mount -t tmpfs chaperone "$STATE/proc"
  for entry in /proc/[!0-9]*; do ln -s "$STATE/real-proc/${entry#/proc/}" "$STATE/proc/"; done
  ln -s "$STATE/real-proc/$$" "$STATE/proc/$$"
  : >"$STATE/proc/modules"
  mount --bind "$STATE/proc" /proc
fi
exec "$@"
