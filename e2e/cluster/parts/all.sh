# shellcheck shell=bash source-path=SCRIPTDIR
# What the commands are made of.
parts=$(dirname "${BASH_SOURCE[0]}")
. "$parts/settings.sh"
. "$parts/state.sh"
. "$parts/processes.sh"
. "$parts/namespaces.sh"
. "$parts/certificates.sh"
. "$parts/control-plane.sh"
. "$parts/node.sh"
. "$parts/policy-engine.sh"
. "$parts/images.sh"
. "$parts/dns.sh"
. "$parts/jaeger.sh"
