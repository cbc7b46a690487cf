# shellcheck shell=bash
# Prints what the programs of the control plane say about themselves, and changes nothing.
# Parameters: SECTIONS, words of "metrics" and "usage". Result: lines "== name", each followed by the text of its section.
unit=nodeforge-bench-scheduler
groups=/sys/fs/cgroup/system.slice

# scrape COMPONENT [URL]: prints the metrics of a program, of the API server without a URL. kubectl has the administrator's
# certificate, and every image has it, unlike curl.
scrape() {
  local server=()
  [[ -z ${2-} ]] || server=(--server "$2" --insecure-skip-tls-verify)
  printf '== metrics %s\n' "$1"
  kubectl "${server[@]}" --request-timeout 20s get --raw /metrics ||
    fail "$1 did not print its metrics. Fix: read its journal with npm run diagnose"
}

# used COMPONENT UNIT: prints the processor time in microseconds and the peak memory in bytes of a unit that runs.
used() {
  [[ -e $groups/$2.service/cpu.stat ]] || return 0
  printf '== usage %s\n' "$1"
  grep '^usage_usec ' "$groups/$2.service/cpu.stat" || true
  if [[ -e $groups/$2.service/memory.peak ]]; then printf 'memory_peak %s\n' "$(<"$groups/$2.service/memory.peak")"; fi
}

# running: prints the unit of the running scheduler, nothing without one.
running() {
  if [[ -e $groups/$unit.service/cpu.stat ]]; then
    echo "$unit"
  elif [[ -e $groups/kube-scheduler.service/cpu.stat ]]; then
    echo kube-scheduler
  fi
}

# The id tells a run of the scheduler under test from another one, and from the shipped scheduler, which has none here.
printf '== invocation\n'
systemctl show --property InvocationID --value "$unit"
for section in $SECTIONS; do
  case $section in
    metrics)
      # The scheduler first: kubectl's own requests are in the metrics of the API server. A scheduler that does not run yet
      # has counted nothing.
      [[ -z $(running) ]] || scrape kube-scheduler https://127.0.0.1:10259
      scrape kube-controller-manager https://127.0.0.1:10257
      scrape etcd http://127.0.0.1:2381
      scrape kube-apiserver
      ;;
    usage)
      scheduler=$(running)
      [[ -z $scheduler ]] || used kube-scheduler "$scheduler"
      for component in kube-apiserver etcd kube-controller-manager kwok; do used "$component" "$component"; done
      printf '== processor\n'
      head -n 1 /proc/stat
      ;;
    *) fail "SECTIONS has $section, expected metrics or usage" ;;
  esac
done
# A text without this last line was cut off.
printf '== end\n'
