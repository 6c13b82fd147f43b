# shellcheck shell=bash
parts=$(dirname "${BASH_SOURCE[0]}")
for part in settings state processes certificates namespaces control-plane node policy-engine images dns jaeger; do . "$parts/$part.sh"; done
