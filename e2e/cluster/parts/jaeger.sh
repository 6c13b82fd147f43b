# shellcheck shell=bash
# Jaeger with traces in memory: OTLP on 4317 (gRPC) and 4318 (HTTP), queries on 16686, health on 13133, all at the node's address.

start_jaeger() {
  render jaeger.yaml >"$STATE/jaeger.yaml"
  start_on_node jaeger "$BIN/jaeger" --config="file:$STATE/jaeger.yaml"
}

await_jaeger() { await 120 jaeger on_node curl -sf -o /dev/null "http://$NODE_ADDRESS:13133/status"; }
