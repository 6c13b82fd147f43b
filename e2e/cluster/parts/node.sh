# shellcheck shell=bash
# containerd and the kubelet.

start_containerd() {
  mkdir -p "$STATE/cni/bin" "$STATE/cni/conf" "$STATE/cilium" "$DATA/containerd"
  cp "$BIN/cilium-cni" /usr/lib/cni/loopback "$STATE/cni/bin/"
  cp "$CLUSTER/config/cni.conflist" "$STATE/cni/conf/05-cilium.conflist"
  base_runtime_spec >"$STATE/base-spec.json"
  render containerd.toml >"$STATE/containerd.toml"
  start_on_node containerd env CILIUM_SOCK="$STATE/cilium/cilium.sock" PATH="$BIN:$PATH" "$BIN/containerd" -c "$STATE/containerd.toml"
}

# On a hybrid machine containers lack what a node with cgroup v2 alone gives them: the v2 hierarchy, and a cgroup namespace of their own.
base_runtime_spec() {
  local addition='.'
  only_unified || addition='
    .mounts += [{destination: "/run/cgroup2", type: "cgroup2", source: "cgroup2", options: ["ro", "nosuid", "nodev", "noexec"]}]
    | .linux.namespaces += [{type: "cgroup"}]'
  "$BIN/ctr" oci spec | jq "$addition"
}

await_containerd() { await 120 containerd "$BIN/ctr" -a "$STATE/containerd.sock" -n k8s.io images ls -q; }

start_kubelet() {
  render node.yaml >"$STATE/node.yaml"
  kubectl_on_node create --validate=false -f "$STATE/node.yaml" >/dev/null
  echo "nameserver $INTERNET_RESOLVER" >"$STATE/resolv.conf"
  render kubelet.yaml >"$STATE/kubelet.yaml"
  start_on_node kubelet "$BIN/kubelet" --config="$STATE/kubelet.yaml" --kubeconfig="$PKI/kubelet.conf" --hostname-override="$NODE_NAME" \
    --node-ip="$NODE_ADDRESS" --root-dir="$DATA/kubelet" --cert-dir="$STATE/kubelet"
}

await_node() { await 120 kubelet node_ready; }

node_ready() { api_get "/api/v1/nodes/$NODE_NAME" | jq -e 'any(.status.conditions[]; .type == "Ready" and .status == "True")'; }
