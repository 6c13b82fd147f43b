#!/usr/bin/env bash
# Runs in a mount namespace of its own and makes it the node's: private folders where the node's programs write by hard-wired path,
# and stand-ins for the kernel settings of the whole machine that they would change.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

main() {
  local folder setting
  for folder in /run /var/lib /var/log; do cover "$folder"; done
  # The first six are the kubelet's, the last two Cilium's.
  for setting in kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes vm/overcommit_memory vm/panic_on_oom \
    kernel/unprivileged_bpf_disabled kernel/timer_migration; do stand_in "$setting"; done
  mount --no-mtab --make-rshared / # as on a node: mounts of volumes must reach the containers that share them
  echo ready
  exec sleep infinity
}

# An empty folder over FOLDER, in which our own folders stay where they are.
cover() {
  local over=$STATE/view$1 own
  mkdir -p "$over"
  mount --no-mtab -t tmpfs -o mode=755 chaperone "$over"
  for own in "$STATE" "$DATA"; do
    [[ $own == "$1"/* ]] || continue
    mkdir -p "$STATE/view$own"
    mount --no-mtab --bind "$own" "$STATE/view$own"
  done
  mount --no-mtab --move "$over" "$1"
}

stand_in() {
  [ -e "/proc/sys/$1" ] || return 0
  mkdir -p "$STATE/settings/${1%/*}"
  cat "/proc/sys/$1" >"$STATE/settings/$1"
  mount --no-mtab --bind "$STATE/settings/$1" "/proc/sys/$1"
}

main
