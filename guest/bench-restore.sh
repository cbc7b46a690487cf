# shellcheck shell=bash
# Ends the scheduler under test, starts the shipped one, and waits until it is healthy. Then it removes the programs and the
# images that a benchmark has brought. May run at any time, also repeatedly. Result: the seconds.
source lib/common.sh
source lib/units.sh
unit=nodeforge-bench-scheduler
shipped=kube-scheduler
folder=/var/lib/nodeforge/bench
rm -f /run/nodeforge-bench-swap

# healthy: whether the shipped scheduler runs and answers. Otherwise it prints the scheduler's last line.
healthy() {
  if [[ $(systemctl is-active "$shipped") == active && $(systemctl is-active "$unit") != active ]] && answers "$shipped"; then
    return
  fi
  last_lines "$shipped" | tail -n 1
  return 1
}

# A lost connection must not end this script before its work is done.
trap '' PIPE
# Waits for a running script, but does not give up: a hanging one must not keep the cluster without a scheduler.
exec 9>/run/nodeforge.lock
flock -w 60 9 || say "another step has locked this node for 60s" || true
# The two units conflict, so this ends the other one.
systemctl start "$shipped"
say "started the shipped scheduler" || true
# A transient unit that has failed is in the way of the next one of its name.
systemctl stop "$unit" 2>/dev/null || true
systemctl reset-failed "$unit" 2>/dev/null || true
wait_for 120 "the shipped scheduler to be healthy" healthy
# It serves the case that this script does not get here.
systemctl stop 'nodeforge-bench-watchdog-*' 2>/dev/null || true
say "the shipped scheduler is healthy" || true
if [[ -e $folder/images ]]; then
  # A name may be gone, because the kubelet removes images where the disk is full.
  while IFS= read -r image; do ctr --namespace k8s.io images rm "$image" >/dev/null 2>&1 || true; done <"$folder/images"
fi
rm -rf "$folder"
printf '{"seconds":%d}\n' "$((SECONDS - started))"
