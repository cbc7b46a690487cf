# shellcheck shell=bash
# Stops the scheduler of the control plane and starts another one in its place, as the transient unit nodeforge-bench-scheduler.
# The shipped scheduler returns when that unit ends for any reason, when this script fails, and after the watchdog's time.
# Parameters: NAME. SHA256 of a program of bench-receive, empty for the shipped kube-scheduler. LIMIT_SECONDS, after which the
# unit ends. START: "no" leaves the control plane without a scheduler until the next call; "outside" does so for the whole limit.
# With "outside" the scheduler runs on another machine or as pods. SANDBOX, lines of [Service] that restrict the unit.
# Stdin: arguments, one a line, an empty line, and a KubeSchedulerConfiguration as JSON. Result: the id of the unit's invocation,
# empty without one.
source lib/common.sh
source lib/units.sh
check_image
unit=nodeforge-bench-scheduler
shipped=kube-scheduler
folder=/var/lib/nodeforge/bench
# While it exists, the end of the unit does not start the shipped scheduler.
swap=/run/nodeforge-bench-swap

# shellcheck disable=SC2153 # a parameter
[[ $NAME =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] ||
  fail "the scheduler's name is $NAME, expected lower-case letters, digits, dots and hyphens"
[[ $START =~ ^(yes|no|outside)$ ]] || fail "START is $START, expected yes, no or outside"
[[ $LIMIT_SECONDS =~ ^[1-9][0-9]*$ ]] || fail "LIMIT_SECONDS is $LIMIT_SECONDS, expected a number of seconds"
arguments=()
while IFS= read -r line && [[ -n $line ]]; do arguments+=("$line"); done
configuration=$(cat)
restrictions=()
while IFS= read -r line; do [[ -z $line ]] || restrictions+=(--property "$line"); done <<<"$SANDBOX"

# program: prints the path of the program.
program() {
  local path
  if [[ -n $SHA256 ]]; then
    path=$folder/$SHA256/scheduler
    [[ -x $path ]] || fail "the control plane has no program with the SHA-256 $SHA256. Fix: copy it again"
    [[ $(sha256sum <"$path") == "$SHA256 "* ]] ||
      fail "$path has changed: expected the SHA-256 $SHA256. Fix: delete the file on the control plane, and copy it again"
  else
    path=$(systemctl show --property ExecStart --value "$shipped" | sed -n '1s/^{ path=\([^ ;]*\) ;.*/\1/p')
    [[ -n $path ]] || fail "the unit $shipped names no program"
  fi
  printf '%s\n' "$path"
}

# own_group GROUP: whether a cgroup is the one of the shipped or the other scheduler.
own_group() { [[ $1 == */$shipped.service || $1 == */$unit.service ]]; }

# others: prints further processes that are schedulers by their name, one a line. comm has the first 15 bytes of a name.
others() {
  local process command group
  for process in /proc/[0-9]*; do
    { read -r command <"$process/comm" && read -r group <"$process/cgroup"; } 2>/dev/null || continue
    # The kernel's own threads are in the root group.
    if [[ $command == *schedul* && $group != 0::/ ]] && ! own_group "$group"; then
      printf '%s\n' "$command (process ${process##*/}, ${group#0::})"
    fi
  done
}

# arm_watchdog SECONDS: starts the shipped scheduler after this time, whatever becomes of the operator. It also deletes a
# scheduler that runs as pods. The earlier watchdogs end only after the new one has begun.
arm_watchdog() {
  local name earlier pods="kubectl --request-timeout 20s delete namespace --wait=false --selector nodeforge.local/bench-scheduler"
  name=nodeforge-bench-watchdog-$(date +%s%N)
  # It waits for a running script, which either ends it or hangs.
  systemd-run --quiet --collect --unit "$name" --on-active "$1" --timer-property AccuracySec=1s --setenv "PATH=$PATH" \
    --setenv "KUBECONFIG=$KUBECONFIG" \
    "$BASH" -c "flock -w 120 /run/nodeforge.lock true; rm -f $swap; systemctl start $shipped; $pods"
  earlier=$(systemctl list-units --all --plain --no-legend --full 'nodeforge-bench-watchdog-*' | cut -d ' ' -f 1 |
    grep -v "^$name\.") || true
  # shellcheck disable=SC2086 # several units
  [[ -z $earlier ]] || systemctl stop $earlier
}

# settled: whether the scheduler is healthy, or its unit has ended. The unit's end starts the shipped scheduler, which would
# answer in its place. Otherwise it prints the scheduler's last line.
settled() {
  [[ $(systemctl is-active "$unit") == active ]] || return 0
  if answers kube-scheduler; then return; fi
  last_lines "$unit" | tail -n 1
  return 1
}

# listens: whether anything listens at the scheduler's port.
listens() { (exec 3<>/dev/tcp/127.0.0.1/10259) 2>/dev/null; }

process_of() { systemctl show --property MainPID --value "$unit"; }

# journal_end MATCH...: prints the last lines of the unit's journal as one.
journal_end() { journalctl --no-pager --output cat --lines 5 "$@" | paste -sd ' '; }

# shipped_again: starts the shipped scheduler unless this script has succeeded. The conflict of the units ends the other one.
# It speaks last, because a connection that is lost ends a script that speaks.
success=
shipped_again() {
  rm -f "$swap"
  [[ -z $success ]] || return 0
  systemctl start "$shipped"
  say "started the shipped scheduler again"
}

# Two schedulers that both elect a leader, or wait for a lease of an ended one, would measure the lease.
compact=${configuration//[[:space:]]/}
[[ $compact == *'"leaderElect":false'* ]] ||
  fail "the configuration of $NAME elects a leader. Fix: set leaderElection.leaderElect to false"
# A pause needs no program.
[[ $START != yes ]] || path=$(program)

lock_node
found=$(others)
[[ -z $found ]] ||
  fail "another scheduler runs on the control plane: ${found//$'\n'/, }. Fix: stop it, because it would bind pods of the benchmark"
install -d -m 0700 "$folder"
write_file 0600 "$folder/$NAME.yaml" <<<"$configuration"

# From here on every ending leaves a scheduler. The watchdog serves the endings that skip the trap.
# A scheduler runs until its limit, whose end starts the shipped one earlier. The pods of a backlog may take as long.
watchdog=900
((LIMIT_SECONDS + 60 <= watchdog)) || ((watchdog = LIMIT_SECONDS + 60))
trap shipped_again EXIT
arm_watchdog "$watchdog"
: >"$swap"
say "stopping the scheduler of the control plane"
systemctl stop "$unit" "$shipped" 2>/dev/null || systemctl stop "$shipped"
systemctl reset-failed "$unit" 2>/dev/null || true

if [[ $START != yes ]]; then
  success=yes
  say "the control plane has no scheduler now, for at most ${watchdog}s"
  printf '{"invocation":""}\n'
  exit
fi

say "starting $NAME"
# The plus keeps the command at the end out of the sandbox, because it controls another unit.
systemd-run --quiet --collect --unit "$unit" --service-type exec --setenv "PATH=$PATH" \
  --property Description="Scheduler under test: $NAME" \
  --property CPUAccounting=yes --property MemoryAccounting=yes --property RuntimeMaxSec="$LIMIT_SECONDS" \
  --property Conflicts="$shipped.service" --property After="$shipped.service" \
  --property ExecStopPost="+$BASH -c \"test -e $swap || systemctl start --no-block $shipped\"" "${restrictions[@]}" \
  "$path" --config "$folder/$NAME.yaml" --kubeconfig /etc/kubernetes/scheduler.conf \
  --authentication-kubeconfig /etc/kubernetes/scheduler.conf --authorization-kubeconfig /etc/kubernetes/scheduler.conf \
  --bind-address 127.0.0.1 "${arguments[@]}" ||
  fail "systemd did not start $NAME: $(journal_end --unit "$unit")"
pid=$(process_of)
invocation=$(systemctl show --property InvocationID --value "$unit")
# An emulated scheduler listens after four seconds. The pauses of wait_for are longer.
for ((tries = 0; tries < 50; tries++)); do
  ! listens || ! settled >/dev/null || break
  sleep 0.2
done
((tries < 50)) || wait_for 120 "$NAME to be healthy" settled
[[ $(systemctl is-active "$unit") == active && $(process_of) == "$pid" ]] ||
  fail "$NAME ended: $(journal_end "_SYSTEMD_INVOCATION_ID=$invocation")"
success=yes
say "$NAME is healthy"
printf '{"invocation":"%s"}\n' "$invocation"
