# shellcheck shell=bash
# Two CoreDNS: the cluster's, as a pod behind the Service kube-dns, and the internet's, at an address of the internet, which answers from a
# hosts file that tests may write ($STATE/internet.hosts, read again within a second) and NXDOMAIN for every other name.

start_internet_dns() {
  : >>"$STATE/internet.hosts"
  render internet.Corefile >"$STATE/internet.Corefile"
  start_on_internet internet-dns "$BIN/coredns" -conf "$STATE/internet.Corefile"
}

apply_cluster_dns() {
  render coredns.yaml >"$STATE/coredns.yaml"
  on_node "$BIN/kubectl" --kubeconfig="$PKI/admin.conf" apply --server-side -f "$STATE/coredns.yaml" >"$LOG/coredns-apply.log"
}

await_cluster_dns() { await 60 kubelet dns_endpoint; }

dns_endpoint() {
  on_node "$BIN/kubectl" --kubeconfig="$PKI/admin.conf" -n kube-system get endpointslices -l kubernetes.io/service-name=kube-dns \
    -o 'jsonpath={.items[*].endpoints[*].conditions.ready}' | grep -q true
}
