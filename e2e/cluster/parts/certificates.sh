# shellcheck shell=bash
# A certificate authority of the cluster's own, a server certificate, and a kubeconfig for each client. P-256: made in milliseconds.

# make_certificates FOLDER ALTERNATIVE-NAMES: the authority, the key of service accounts, the API server's certificate.
make_certificates() {
  mkdir -p "$1"
  new_key "$1/ca"
  openssl req -x509 -new -key "$1/ca.key" -days 365 -subj /CN=chaperone-test-ca -out "$1/ca.crt"
  new_key "$1/service-accounts"
  openssl pkey -in "$1/service-accounts.key" -pubout -out "$1/service-accounts.pub"
  issue "$1" apiserver /CN=kube-apiserver "subjectAltName=$2"$'\nextendedKeyUsage=serverAuth'
}

# make_client FOLDER SERVER-URL NAME SUBJECT: a certificate, and NAME.conf, the kubeconfig with it.
make_client() {
  issue "$1" "$3" "$4" extendedKeyUsage=clientAuth
  kubeconfig "$1" "$2" "$3" >"$1/$3.conf"
}

make_administrator() { make_client "$1" "$2" admin /O=system:masters/CN=admin; }
make_controller_client() { make_client "$1" "$2" controller-manager /CN=system:kube-controller-manager; }

# The clients that only a cluster with a node has.
make_node_clients() {
  make_client "$1" "$2" scheduler /CN=system:kube-scheduler
  make_client "$1" "$2" kubelet "/O=system:nodes/CN=system:node:$NODE_NAME"
  make_client "$1" "$2" apiserver-to-kubelet /O=system:masters/CN=apiserver-to-kubelet
}

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }

issue() {
  local folder=$1 name=$2 subject=$3 extensions=$4
  new_key "$folder/$name"
  openssl req -new -key "$folder/$name.key" -subj "$subject" -out "$folder/$name.csr"
  openssl x509 -req -in "$folder/$name.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial -days 365 \
    -extfile <(echo "$extensions") -out "$folder/$name.crt" 2>/dev/null
  rm "$folder/$name.csr"
}

# Everything inside, so that the file works for whoever reads it, wherever it is copied.
kubeconfig() {
  cat <<YAML
apiVersion: v1
kind: Config
current-context: chaperone
contexts: [{name: chaperone, context: {cluster: chaperone, user: $3}}]
clusters: [{name: chaperone, cluster: {server: "$2", certificate-authority-data: $(base64 -w0 "$1/ca.crt")}}]
users: [{name: $3, user: {client-certificate-data: $(base64 -w0 "$1/$3.crt"), client-key-data: $(base64 -w0 "$1/$3.key")}}]
YAML
}
