# shellcheck shell=bash
# Two CoreDNS: the cluster's, as a pod behind the Service kube-dns, and the internet's, at an address of the internet, which answers from a
# hosts file that tests may write ($STATE/internet.hosts, read again within a second) and NXDOMAIN for every other name.

start_internet_dns() {
  : >>"$STATE/internet.hosts"
  render internet.Corefile >"$STATE/internet.Corefile"
  start_on_internet internet-dns "$BIN/coredns" -conf "$STATE/internet.Corefile"
}

create_cluster_dns() {
  render coredns.yaml >"$STATE/coredns.yaml"
  kubectl_on_node create -f "$STATE/coredns.yaml" >"$LOG/coredns-create.log"
}

await_cluster_dns() { await 120 kubelet dns_endpoint; }

dns_endpoint() {
  api_get '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices?labelSelector=kubernetes.io/service-name%3Dkube-dns' |
    jq -e 'any(.items[].endpoints[]?; .conditions.ready)'
}
