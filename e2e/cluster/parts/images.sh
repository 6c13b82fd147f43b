# shellcheck shell=bash
# Images come from the store of e2e/images, in one archive, so that a layer that they share is read once.

# import_images [NAME…]: all that are built unless named.
import_images() {
  local names=("$@")
  [ ${#names[@]} -gt 0 ] || mapfile -t names < <("$REPOSITORY/e2e/images/archive" --list)
  TMPDIR=$STATE "$REPOSITORY/e2e/images/archive" "${names[@]}" | on_node "$BIN/ctr" -a "$STATE/containerd.sock" -n k8s.io images import --local - >"$LOG/import.log" 2>&1 ||
    fail "images could not be imported: $(tail -n 3 "$LOG/import.log")"
}
