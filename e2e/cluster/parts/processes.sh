# shellcheck shell=bash
# Starting, awaiting and ending the cluster's processes. All of them live in one cgroup of cgroup v2 (inherited, so nothing escapes it by
# dying at a bad moment), which is how `down` finds even what a killed `up` left behind.

unified_hierarchy() { awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts; }

# Every hierarchy in which a folder of ours may stand: cgroup v2 and, on a hybrid machine, the v1 controllers beside it.
hierarchies() { awk '$3 == "cgroup2" || $3 == "cgroup" { print $2 }' /proc/mounts | sort -u; }

make_cgroups() {
  local hierarchy
  [ -n "$(unified_hierarchy)" ] || fail 'no cgroup v2 hierarchy is mounted on this machine, and the sensor needs one'
  while read -r hierarchy; do
    mkdir -p "$hierarchy/$CGROUP"
    inherit_cpuset "$hierarchy"
  done < <(hierarchies)
  mkdir -p "$(unified_hierarchy)/$CGROUP/daemons"
  if only_unified; then hand_controllers_down; fi
}

only_unified() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# Without v1 beside it, the kubelet needs these controllers below its root; the machine's own settings are not ours to change.
hand_controllers_down() {
  local group=/sys/fs/cgroup/$CGROUP controller
  for controller in cpu cpuset io memory pids; do
    grep -qw "$controller" "$group/cgroup.controllers" ||
      fail "the cgroup controller $controller is not handed down here; allow it: echo +$controller >/sys/fs/cgroup/cgroup.subtree_control"
    echo "+$controller" >"$group/cgroup.subtree_control"
  done
}

# A new v1 cpuset is empty and takes no process until it has processors and memory nodes.
inherit_cpuset() {
  local file
  for file in cpuset.cpus cpuset.mems; do
    if [ ! -e "$1/$file" ] || [ ! -e "$1/$CGROUP/$file" ]; then continue; fi
    [ -n "$(<"$1/$CGROUP/$file")" ] || cat "$1/$file" >"$1/$CGROUP/$file"
  done
}

enter_cgroup() { echo "${1:-$$}" >"$(unified_hierarchy)/$CGROUP/daemons/cgroup.procs"; }

# start NAME COMMAND…: a daemon with its own log and pid file, in a session of its own so that Ctrl-C reaches `up` alone.
start() {
  local name=$1
  shift
  (enter_cgroup "$BASHPID" && exec setsid "$@") >"$LOG/$name.log" 2>&1 </dev/null {LOCK}>&- &
  echo $! >"$STATE/run/$name.pid"
}

start_on_node() { start "$1" nsenter "$(node_mounts)" --net="/run/netns/$NODE_NETNS" "${@:2}"; }
start_on_internet() { start "$1" nsenter --net="/run/netns/$INTERNET_NETNS" "${@:2}"; }
on_node() { nsenter "$(node_mounts)" --net="/run/netns/$NODE_NETNS" "$@"; }
node_mounts() { echo "--mount=/proc/$(<"$STATE/run/node.pid")/ns/mnt"; }

alive() { local pid; pid=$(cat "$STATE/run/$1.pid" 2>/dev/null) && grep -qs "/$CGROUP/" "/proc/$pid/cgroup"; }

# await SECONDS NAME COMMAND…: until the command succeeds; says at once when the daemon NAME is gone.
await() {
  local limit=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$name" || fail "$name ended; its last words ($LOG/$name.log): $(tail -n 3 "$LOG/$name.log")"
    [ "$SECONDS" -lt "$limit" ] || fail "$name was not ready in time; its last words ($LOG/$name.log): $(tail -n 3 "$LOG/$name.log")"
    sleep 0.1
  done
}

# Ends what `up` and the kubelet started, and whoever still is in the network namespaces (except this process and its parents).
end_processes() {
  local group deadline=$((SECONDS + 20))
  group=$(unified_hierarchy)/$CGROUP
  while [ "$SECONDS" -lt "$deadline" ]; do
    [ ! -e "$group/cgroup.kill" ] || echo 1 >"$group/cgroup.kill"
    strays | xargs -r kill -KILL 2>/dev/null
    remove_cgroups && [ -z "$(strays)" ] && return
    sleep 0.05
  done
  fail "these processes do not end: $(cat "$group/cgroup.procs" "$group"/*/cgroup.procs 2>/dev/null | paste -sd' ') $(strays | paste -sd' ')"
}

strays() {
  local name inode path pid own=" $(ancestors) "
  for name in "$NODE_NETNS" "$INTERNET_NETNS"; do
    inode=$(stat -Lc 'net:[%i]' "/run/netns/$name" 2>/dev/null) || continue
    for path in /proc/[0-9]*/ns/net; do
      [ "$(readlink "$path" 2>/dev/null)" = "$inode" ] || continue
      pid=${path#/proc/} pid=${pid%%/*}
      [[ $own == *" $pid "* ]] || echo "$pid"
    done
  done
}

ancestors() {
  local pid=$BASHPID
  while [ "$pid" -gt 1 ]; do printf '%s ' "$pid"; pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status"); done
}

# Succeeds once no folder of ours is left in any hierarchy.
remove_cgroups() {
  local hierarchy left=0
  while read -r hierarchy; do
    [ -d "$hierarchy/$CGROUP" ] || continue
    find "$hierarchy/$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
  done < <(hierarchies)
  return "$left"
}
