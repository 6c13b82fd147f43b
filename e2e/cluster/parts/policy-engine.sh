# shellcheck shell=bash
# Cilium, the agent alone: no operator, no Envoy, no kube-proxy. It enforces NetworkPolicies and translates Services for pods.

cilium_share() { echo "$(dirname "$("$REPOSITORY/scripts/tools" --path cilium)")/share"; }

# Those that the agent waits for; every one more costs the API server time.
POLICY_APIS=(networkpolicies clusterwidenetworkpolicies nodes identities endpoints cidrgroups podippools loadbalancerippools l2announcementpolicies)

create_policy_apis() {
  local share files
  share=$(cilium_share)
  files=("${POLICY_APIS[@]/#/--filename=$share/crds/cilium}")
  kubectl_on_node create --validate=false "${files[@]/%/.yaml}" >"$LOG/cilium-apis.log" 2>&1 ||
    fail "Cilium's APIs could not be made: $(tail -n 3 "$LOG/cilium-apis.log")"
}

start_policy_engine() {
  mkdir -p "$STATE/bpffs" "$STATE/cgroup2" "$STATE/cilium-lib" "$STATE/clang"
  cp -r "$(cilium_share)/bpf" "$STATE/cilium-lib/bpf" # it writes there
  ln -sfn "$(command -v clang-16)" "$STATE/clang/clang"
  start_on_node cilium env K8S_NODE_NAME="$NODE_NAME" PATH="$STATE/clang:$PATH" \
    unshare --mount --propagation private bash "$CLUSTER/parts/policy-engine-view.sh" "$BIN/cilium-agent" "${CILIUM_FLAGS[@]}"
}

await_policy_engine() { await 120 cilium on_node curl -sf -o /dev/null -H 'brief: true' http://127.0.0.1:9879/healthz; }

CILIUM_FLAGS=(
  --config-dir= --k8s-kubeconfig-path="$PKI/admin.conf" --enable-k8s=true --enable-k8s-api-discovery=false --k8s-namespace=kube-system
  --cluster-name=default --cluster-id=0 --identity-allocation-mode=crd
  --ipam=kubernetes --k8s-require-ipv4-pod-cidr=true --enable-ipv4=true --enable-ipv6=false
  --routing-mode=native --ipv4-native-routing-cidr="$POD_RANGE" --auto-direct-node-routes=false --devices=wan --datapath-mode=veth
  --enable-host-legacy-routing=true --enable-ipv4-masquerade=true --enable-bpf-masquerade=false --enable-bandwidth-manager=false
  --kube-proxy-replacement=false --bpf-lb-sock=false
  --enable-policy=default --enable-l7-proxy=true --external-envoy-proxy=true --enable-envoy-config=false
  --dnsproxy-enable-transparent-mode=true --tofqdns-min-ttl=0 --tofqdns-proxy-port=0
  --enable-hubble=false --enable-health-checking=false --enable-endpoint-health-checking=false --enable-health-check-nodeport=false
  --agent-health-port=9879 --prometheus-serve-addr= --mesh-auth-enabled=false
  --bpf-root="$STATE/bpffs" --cgroup-root="$STATE/cgroup2" --lib-dir="$STATE/cilium-lib" --state-dir="$STATE/cilium"
  --socket-path="$STATE/cilium/cilium.sock" --cni-exclusive=false --bpf-map-dynamic-size-ratio=0.0
)
