# shellcheck shell=sh
# Runs inside a pod of the smoke check: succeeds when the service's name resolves to no fewer pods than expected and as many
# answer. A worker that leaves still has one, and where its machine is dead, that one is silent.
# Environment: SERVICE. Beside it, `expected` holds how many. A POSIX shell, because busybox is all the image has.
set -eu
# nslookup names the server first; every later address is a pod's.
addresses=$(nslookup -type=a "$SERVICE" | sed -n '1,/^$/d; s/^Address: *\([0-9.]*\).*/\1/p' | sort -u)
found=$(echo "$addresses" | grep -c . || true)
expected=$(cat /check/expected)
if [ "$found" -lt "$expected" ]; then
  echo "$SERVICE resolves to $found of $expected pods"
  exit 1
fi
# All at once: each that is silent takes its ten seconds, and the probe has one minute.
answered=$(
  for address in $addresses; do
    wget -q -T 10 -O /dev/null "http://$address:8080/" && echo "$address" &
  done
  wait
)
count=$(echo "$answered" | grep -c . || true)
if [ "$count" -lt "$expected" ]; then
  silent=$(echo "$addresses" | grep -vxF "$answered" | tr '\n' ' ')
  echo "${silent}did not answer, $count of $expected pods did"
  exit 1
fi
