# shellcheck shell=bash
# etcd, API server, controller manager and scheduler. The flags without an address in them are shared with `apiserver`.

# Writes are not made durable: the data live as long as the cluster.
ETCD_FLAGS=(--unsafe-no-fsync --log-level=error)
API_FLAGS=(
  "--service-cluster-ip-range=$SERVICE_RANGE" --service-account-issuer=https://kubernetes.default.svc --authorization-mode=Node,RBAC
  --enable-admission-plugins=NodeRestriction --allow-privileged=true
  # Webhooks are reached at their pods: nobody translates a Service's address for the API server.
  --enable-aggregator-routing=true
  # `kubectl logs` must not look the node's name up in DNS.
  --kubelet-preferred-address-types=InternalIP
)

api_certificate_flags() {
  printf '%s\n' "--tls-cert-file=$1/apiserver.crt" "--tls-private-key-file=$1/apiserver.key" "--client-ca-file=$1/ca.crt" \
    "--service-account-key-file=$1/service-accounts.pub" "--service-account-signing-key-file=$1/service-accounts.key"
}

# controller_flags FOLDER: of the controller manager, with its certificates in FOLDER.
controller_flags() {
  printf '%s\n' "--kubeconfig=$1/controller-manager.conf" "--authentication-kubeconfig=$1/controller-manager.conf" \
    "--authorization-kubeconfig=$1/controller-manager.conf" "--service-account-private-key-file=$1/service-accounts.key" \
    "--root-ca-file=$1/ca.crt" "--flex-volume-plugin-dir=$1/volume-plugins" --use-service-account-credentials=true --leader-elect=false
}

start_api() {
  local certificates
  mapfile -t certificates < <(api_certificate_flags "$PKI")
  start_on_node etcd "$BIN/etcd" "${ETCD_FLAGS[@]}" --data-dir="$STATE/etcd" \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 --listen-peer-urls=http://127.0.0.1:2380
  start_on_node kube-apiserver "$BIN/kube-apiserver" "${API_FLAGS[@]}" "${certificates[@]}" --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address="$NODE_ADDRESS" --secure-port=6443 --cert-dir="$STATE/apiserver" \
    --kubelet-client-certificate="$PKI/apiserver-to-kubelet.crt" --kubelet-client-key="$PKI/apiserver-to-kubelet.key"
}

await_api() { await 120 kube-apiserver api_ready; }

api_ready() { [ "$(api_get /readyz)" = ok ]; }

# What is asked over and over is asked with curl: kubectl takes ten times as long.
api_get() { on_node curl -sf --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$API_URL$1"; }

kubectl_on_node() { on_node "$BIN/kubectl" --kubeconfig="$PKI/admin.conf" "$@"; }

start_controllers() {
  local flags
  mapfile -t flags < <(controller_flags "$PKI")
  start_on_node kube-controller-manager "$BIN/kube-controller-manager" "${flags[@]}"
  start_on_node kube-scheduler "$BIN/kube-scheduler" --leader-elect=false --kubeconfig="$PKI/scheduler.conf" \
    --authentication-kubeconfig="$PKI/scheduler.conf" --authorization-kubeconfig="$PKI/scheduler.conf"
}
