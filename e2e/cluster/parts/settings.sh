# shellcheck shell=bash
# Names, addresses and folders that every part uses. Sourced, never run.

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
CLUSTER=$REPOSITORY/e2e/cluster
# Sockets live here, and a unix socket's path ends at 107 bytes: keep it short. Another folder is another cluster, with names of its own.
STATE=$(readlink -m "${CHAPERONE_CLUSTER:-/run/chaperone-cluster}")
SUFFIX=${STATE##*/}
SUFFIX=${SUFFIX#chaperone-cluster}
# Images and pod volumes: on a disk, because /run often is memory.
DATA=/var/lib/chaperone-cluster$SUFFIX
PKI=$STATE/pki
LOG=$STATE/log
BIN=$STATE/bin

# They say whose they are to whoever finds them.
NODE_NETNS=chaperone-node$SUFFIX
INTERNET_NETNS=chaperone-net$SUFFIX
CGROUP=chaperone-e2e$SUFFIX
NODE_NAME=chaperone-node

# The node and "the internet" speak over a veth pair in the benchmarking range (RFC 2544);
# the internet's own addresses are the documentation ranges (RFC 5737).
NODE_ADDRESS=198.18.0.2
API_URL=https://$NODE_ADDRESS:6443
INTERNET_GATEWAY=198.18.0.1
INTERNET_RANGES=(203.0.113.0/24 198.51.100.0/24)
INTERNET_ADDRESSES=(203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.4 198.51.100.1 198.51.100.2)
INTERNET_RESOLVER=203.0.113.53
POD_RANGE=10.244.0.0/16
SERVICE_RANGE=10.96.0.0/16
API_SERVICE=10.96.0.1
DNS_SERVICE=10.96.0.10

TOOL_GROUPS=(kubernetes etcd containerd cilium coredns jaeger helm)

say() { echo "cluster: $*" >&2; }
fail() { echo "cluster: $*" >&2; exit 1; }

# Reads a file of config/ with the settings it names as @NAME@ filled in; fails on a name that is not one.
render() {
  local text name
  text=$(<"$CLUSTER/config/$1")
  while [[ $text =~ @([A-Z_]+)@ ]]; do
    name=${BASH_REMATCH[1]}
    text=${text//"@$name@"/${!name:?config/$1 names a setting that does not exist: $name}}
  done
  printf '%s\n' "$text"
}
