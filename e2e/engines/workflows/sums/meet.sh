# meet.sh NAME NUMBER OTHER: waits until OTHER has come to the same number, so that both surely are at work at once, and starts processes
# that tell in their arguments whose they are.
: >"/tmp/met-$1-$2"
until [ -e "/tmp/met-$3-$2" ]; do sleep 0.1; done
for part in 1 2 3; do
  sh -c '/bin/echo "$1" | tr a-z A-Z' "$1-$2-$part" "$1-$2-$part"
done
