# shellcheck shell=bash
# Where built images stand: each as its OCI manifest, with uncompressed blobs that images share. Sourced by build and archive.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
store=${CHAPERONE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chaperone}/images

# reference NAME: the name by which pods ask for the image.
reference() {
  case $1 in
    pause | coredns | base | runner) echo "localhost/chaperone-$1:1" ;;
    operator | sensor) echo "localhost/chaperone-$1:dev" ;;
    *) fail "there is no image '$1'; there are: pause coredns base runner operator sensor" ;;
  esac
}

# blobs_of MANIFEST: the digests (hex) of its configuration and layers.
blobs_of() { jq -r '(.config, .layers[]).digest | ltrimstr("sha256:")' "$1"; }
