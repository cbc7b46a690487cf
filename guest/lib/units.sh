# shellcheck shell=bash
# Health and logs of units.

# all_active UNIT...: succeeds if every unit is active. `systemctl is-active` succeeds if any of its units is.
all_active() {
  local unit
  for unit; do systemctl is-active "$unit" || return; done
}

# answers UNIT: succeeds if the unit answers as healthy. The units of etcd and the API server have started only once they do.
answers() {
  local request='GET /healthz HTTP/1.0\r\n\r\n' port status
  case $1 in
  kube-controller-manager) port=10257 ;;
  kube-scheduler) port=10259 ;;
  kubelet)
    # shellcheck disable=SC2059 # the format is the request
    (exec 3<>/dev/tcp/127.0.0.1/10248 && printf "$request" >&3 && read -r -t 10 status <&3 && [[ $status == HTTP/1.?\ 200* ]]) 2>/dev/null
    return
    ;;
  *) return 0 ;;
  esac
  # shellcheck disable=SC2059 # the format is the request
  printf "$request" | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" 2>/dev/null | grep '^HTTP/1.. 200' >/dev/null
}

# runs UNIT: succeeds once the unit has been healthy for five seconds. Fails as soon as the unit ends.
runs() {
  local from=$SECONDS good=0
  while ((good < 5)); do
    [[ $(systemctl show --property SubState --value "$1") == running ]] &&
      ((SECONDS - from <= ${RESTART_TIMEOUT_SECONDS:-300})) || return 1
    if answers "$1"; then ((++good)); else good=0; fi
    sleep 1
  done
}

# restart UNIT: restarts a unit, and succeeds once it runs.
restart() {
  timeout "${RESTART_TIMEOUT_SECONDS:-300}" systemctl restart "$1" && runs "$1"
}

# last_lines UNIT: prints the last lines of a unit's log.
last_lines() {
  journalctl --unit "$1" --lines 12 --output cat --no-pager 2>&1 || true
}
