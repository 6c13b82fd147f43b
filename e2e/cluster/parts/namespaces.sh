# shellcheck shell=bash
# Two network namespaces (the node, and "the internet" behind it) and the node's view of the file system. Neither has a route to the machine
# or beyond, and what the node mounts, and writes to folders that its programs have hard-wired, ends with its last process.

make_network_namespaces() {
  local range
  make_network_namespace "$NODE_NETNS"
  make_network_namespace "$INTERNET_NETNS"
  ip -n "$NODE_NETNS" link add wan type veth peer name node netns "$INTERNET_NETNS"
  ip -n "$NODE_NETNS" addr add "$NODE_ADDRESS/30" dev wan
  ip -n "$NODE_NETNS" link set wan up
  ip -n "$INTERNET_NETNS" addr add "$INTERNET_GATEWAY/30" dev node
  ip -n "$INTERNET_NETNS" link set node up
  for range in "${INTERNET_RANGES[@]}"; do
    ip -n "$INTERNET_NETNS" route add local "$range" dev lo # every address of the range answers
    ip -n "$NODE_NETNS" route add "$range" via "$INTERNET_GATEWAY"
  done
  ip -n "$INTERNET_NETNS" route add "$POD_RANGE" via "$NODE_ADDRESS"
  # Without kube-proxy an address of a Service that nobody translates goes nowhere.
  ip -n "$NODE_NETNS" route add blackhole "$SERVICE_RANGE"
  nsenter --net="/run/netns/$NODE_NETNS" sysctl -qw net.ipv4.ip_forward=1
}

# Like `ip netns add`, which also would make /run/netns a mount point and leave it one.
make_network_namespace() {
  mkdir -p /run/netns
  : >"/run/netns/$1"
  unshare --net="/run/netns/$1" true
  ip -n "$1" link set lo up
}

remove_network_namespaces() {
  local name
  for name in "$NODE_NETNS" "$INTERNET_NETNS"; do
    [ -e "/run/netns/$name" ] || continue
    while mountpoint -q "/run/netns/$name" || is_mounted "/run/netns/$name"; do umount -l "/run/netns/$name"; done
    rm -f "/run/netns/$name"
  done
  rmdir --ignore-fail-on-non-empty /run/netns 2>/dev/null || true
}

is_mounted() { awk -v path="$1" '$2 == path { found = 1 } END { exit !found }' /proc/mounts; }

# The process that keeps the node's mount namespace; daemons enter it by its pid.
start_node_view() {
  mkdir -p "$STATE/view"
  start node unshare --mount --propagation private bash "$CLUSTER/parts/node-view.sh"
  await 120 node grep -qx ready "$LOG/node.log"
}
