# shellcheck shell=bash
# Where built images stand: each as its OCI manifest, named by what the image is made from, with uncompressed blobs that images share.
# Clones of this repository share the store, and each finds the images of its own content in it. Sourced by build and archive.
images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$images/../.." && pwd)
# shellcheck disable=SC2034 # read by those that source this
store=${CHAPERONE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chaperone}/images
names=(pause coredns base runner operator sensor)
# Only for who asks for them by name: large, and few need them.
extra_names=(agents)

# What a runner's jobs and Node 26 need of Debian.
debian_packages=bash,ca-certificates,curl,git,iproute2,libatomic1,libstdc++6,procps

# reference NAME: the name by which pods ask for the image.
reference() {
  case $1 in
    pause | coredns | base | runner | agents) echo "localhost/chaperone-$1:1" ;;
    operator | sensor) echo "localhost/chaperone-$1:dev" ;;
    *) fail "there is no image '$1'; there are: ${names[*]} ${extra_names[*]}" ;;
  esac
}

# blobs_of MANIFEST: the digests (hex) of its configuration and layers.
blobs_of() { jq -r '(.config, .layers[]).digest | ltrimstr("sha256:")' "$1"; }

# missing_part NAME: prints the first file that the image is made of and that is not there; fails where all are.
missing_part() {
  local file
  while read -r file; do
    (cd "$repository" && [ -e "$file" ]) || { echo "$file"; return; }
  done < <(parts_of "$1")
  return 1
}

parts_of() {
  case $1 in
    runner) printf '%s\n' scripts/act e2e/engines/github-runner ;;
    operator) printf '%s\n' dist/operator.mjs containers/Containerfile.operator ;;
    sensor) printf '%s\n' dist/sensor.mjs dist/probe containers/Containerfile.sensor ;;
  esac
}

# key_of NAME: a digest of all that decides the image's content.
key_of() { { "inputs_of_$1"; cat "$(containerfile_of "$1")" "$images/build" "$images/store.sh"; } | sha256sum | cut -c1-16; }

containerfile_of() {
  case $1 in
    operator | sensor) echo "$repository/containers/Containerfile.$1" ;;
    *) echo "$images/$1/Containerfile" ;;
  esac
}

inputs_of_pause() { cat "$images/pause/pause.c"; }
inputs_of_coredns() { basename "$(dirname "$("$repository/scripts/tools" --path coredns)")"; }
inputs_of_base() { echo "$debian_packages $(debian_release)"; jq -r .version "$repository/node_modules/node/package.json"; }
inputs_of_runner() { inputs_on_base "$repository/e2e/engines/github-runner"; sha256sum <"$("$repository/scripts/act" --path)"; }
inputs_of_agents() { key_of runner; basename "$("$repository/scripts/agents" --path)"; }
inputs_of_operator() { inputs_on_base "$repository/dist"; }
inputs_of_sensor() { inputs_on_base "$repository/dist"; }

inputs_on_base() { key_of base && cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum; }

# foundation_of NAME: the image that it is made from.
foundation_of() { if [ "$1" = agents ]; then echo runner; else echo base; fi; }

debian_release() { (. /etc/os-release && if [ "$ID" = debian ]; then echo "$VERSION_CODENAME"; else echo bookworm; fi); }
