# shellcheck shell=bash
# Prints what the programs of the control plane say about themselves, and changes nothing.
# Parameters: SECTIONS, words of "metrics" and "usage". PODS, the uids of a scheduler's pods, unset for a unit; URL, their address
# with /metrics, empty without one. Result: lines "== name", each followed by the text of its section.
source lib/common.sh
unit=nodeforge-bench-scheduler
groups=/sys/fs/cgroup/system.slice

# scrape COMPONENT [URL]: prints the metrics of a program, of the API server without a URL. kubectl has the administrator's
# certificate, and every image has it, unlike curl. An emulated API server that has just bound many pods took more than 20 s.
scrape() {
  local server=()
  [[ -z ${2-} ]] || server=(--server "$2" --insecure-skip-tls-verify)
  printf '== metrics %s\n' "$1"
  kubectl "${server[@]}" --request-timeout 60s get --raw /metrics ||
    fail "$1 did not print its metrics. Fix: read its journal with npm run diagnose"
}

# metrics: prints the metrics of every program that runs. An emulated kubectl needs a second to start, so that three run side by
# side. The API server follows, because their requests are in its metrics.
metrics() {
  local scheduler=${URL-} pids=() pid
  made=$(mktemp -d)
  trap 'rm -rf "$made"' EXIT
  # A scheduler that does not run yet has counted nothing.
  if [[ -z $scheduler && -z ${PODS-} && -n $(running) ]]; then scheduler=https://127.0.0.1:10259; fi
  if [[ -n $scheduler ]]; then scrape kube-scheduler "$scheduler" >"$made/1" & pids+=($!); fi
  scrape kube-controller-manager https://127.0.0.1:10257 >"$made/2" & pids+=($!)
  scrape etcd http://127.0.0.1:2381 >"$made/3" & pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid"; done
  cat "$made"/*
  scrape kube-apiserver
}

# used COMPONENT UNIT: prints the processor time in microseconds and the peak memory in bytes of a unit that runs.
used() {
  [[ -e $groups/$2.service/cpu.stat ]] || return 0
  printf '== usage %s\n' "$1"
  grep '^usage_usec ' "$groups/$2.service/cpu.stat" || true
  if [[ -e $groups/$2.service/memory.peak ]]; then printf 'memory_peak %s\n' "$(<"$groups/$2.service/memory.peak")"; fi
}

# pod_groups: prints the cgroups of the scheduler's pods, with the driver of systemd or cgroupfs.
pod_groups() {
  local uid
  for uid in $PODS; do
    [[ $uid =~ ^[0-9a-f-]+$ ]] || fail "PODS has $uid, expected the uid of a pod"
    find /sys/fs/cgroup/kubepods.slice /sys/fs/cgroup/kubepods -maxdepth 2 -type d \
      \( -name "*-pod${uid//-/_}.slice" -o -name "pod$uid" \) 2>/dev/null || true
  done
}

# used_by_pods: prints the sums of the processor time and of the peak memory of the pods. Nothing where a group is missing.
used_by_pods() {
  local group groups time=0 memory=0 count=0 value
  groups=$(pod_groups)
  for group in $groups; do
    value=$(sed -n 's/^usage_usec //p' "$group/cpu.stat" 2>/dev/null) || return 0
    time=$((time + value)) count=$((count + 1))
    if [[ -e $group/memory.peak ]]; then memory=$((memory + $(<"$group/memory.peak"))); fi
  done
  ((count > 0 && count == $(wc -w <<<"$PODS"))) || return 0
  printf '== usage kube-scheduler\nusage_usec %d\n' "$time"
  ((memory == 0)) || printf 'memory_peak %d\n' "$memory"
}

# running: prints the unit of the running scheduler, nothing without one.
running() {
  if [[ -e $groups/$unit.service/cpu.stat ]]; then
    echo "$unit"
  elif [[ -e $groups/kube-scheduler.service/cpu.stat ]]; then
    echo kube-scheduler
  fi
}

# The id tells a run of the scheduler under test from another one, and from the shipped scheduler, which has none here. A
# scheduler outside has no unit, so that its section tells whether another one runs beside it.
printf '== invocation\n'
systemctl show --property InvocationID --value "$unit"
printf '== unit\n'
running
for section in $SECTIONS; do
  case $section in
    metrics) metrics ;;
    usage)
      scheduler=$(running)
      if [[ -n ${PODS-} ]]; then
        used_by_pods
      elif [[ -n $scheduler ]]; then
        used kube-scheduler "$scheduler"
      fi
      for component in kube-apiserver etcd kube-controller-manager kwok; do used "$component" "$component"; done
      printf '== processor\n'
      head -n 1 /proc/stat
      ;;
    *) fail "SECTIONS has $section, expected metrics or usage" ;;
  esac
done
# A text without this last line was cut off.
printf '== end\n'
