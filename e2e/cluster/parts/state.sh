# shellcheck shell=bash
# The folder of the cluster that runs, the lock on it, and taking all of it away.

check_programs() {
  local program missing=()
  for program in runc ip iptables ipset openssl curl jq clang-16 nsenter unshare flock setsid buildah mmdebstrap; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ -x /usr/lib/cni/loopback ] || missing+=(/usr/lib/cni/loopback)
  [ ${#missing[@]} -eq 0 ] || fail "missing on this machine: ${missing[*]}; run 'npm run setup -- cluster'"
}

# One `up` or `down` at a time, by a lock on the folder above, so that it leaves no file. Daemons are started without its descriptor.
lock() {
  mkdir -p "$(dirname "$STATE")"
  exec {LOCK}<"$(dirname "$STATE")"
  flock -n "$LOCK" || { say 'waiting for another up or down'; flock "$LOCK"; }
}

make_state() {
  mkdir -p "$STATE/run" "$LOG" "$BIN" "$DATA"
  [ ${#STATE} -le 40 ] || fail "the path $STATE is too long for the sockets below it: set CHAPERONE_CLUSTER to one of at most 40 characters"
  local group tool
  for group in "${TOOL_GROUPS[@]}"; do
    for tool in "$("$REPOSITORY/scripts/tools" --path "$group")"/*; do ln -s "$tool" "$BIN/"; done
  done
}

# Up, whole and answering.
running() {
  local file
  [ -e "$STATE/ready" ] || return
  for file in "$STATE"/run/*.pid; do alive "$(basename "$file" .pid)" || return; done
  api_ready
}

clear_away() {
  end_processes
  remove_network_namespaces
  local folder
  for folder in "$STATE" "$DATA"; do
    ! awk -v folder="$folder/" 'index($2, folder) == 1 { found = 1 } END { exit !found }' /proc/mounts || fail "something is mounted below $folder; unmount it and run this again"
    rm -rf --one-file-system "$folder"
  done
}
