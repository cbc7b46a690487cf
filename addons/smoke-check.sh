# shellcheck shell=sh
# Runs inside a pod of the smoke check. Succeeds when the service's name resolves to at least the expected number of pods, and
# that number answers. A leaving worker still has a pod, which does not answer when the worker's machine is dead.
# Environment: SERVICE. The file `expected` beside this script has the number. POSIX shell, because the image has only busybox.
set -eu
# nslookup prints the name server's address first; each later address is a pod's.
addresses=$(nslookup -type=a "$SERVICE" | sed -n '1,/^$/d; s/^Address: *\([0-9.]*\).*/\1/p' | sort -u)
found=$(echo "$addresses" | grep -c . || true)
expected=$(cat /check/expected)
if [ "$found" -lt "$expected" ]; then
  echo "$SERVICE resolves to $found of $expected pods"
  exit 1
fi
# All requests run at the same time: a silent pod takes ten seconds, and the probe has one minute.
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
