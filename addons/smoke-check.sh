# shellcheck shell=sh
# Runs inside a pod of the smoke check: succeeds when the service's name resolves to no fewer pods than expected and each
# of them answers; a worker that is about to leave still has one. Environment: SERVICE. Beside it, `expected` holds how many. A POSIX shell,
# because busybox is all the image has.
set -eu
# nslookup names the server first; every later address is a pod's.
addresses=$(nslookup -type=a "$SERVICE" | sed -n '1,/^$/d; s/^Address: *\([0-9.]*\).*/\1/p' | sort -u)
found=$(echo "$addresses" | grep -c . || true)
expected=$(cat /check/expected)
if [ "$found" -lt "$expected" ]; then
  echo "$SERVICE resolves to $found of $expected pods"
  exit 1
fi
for address in $addresses; do
  wget -q -T 10 -O /dev/null "http://$address:8080/" || {
    echo "the pod at $address does not answer"
    exit 1
  }
done
