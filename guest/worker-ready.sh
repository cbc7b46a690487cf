# shellcheck shell=bash
# Sets a joined worker's labels and taints to those of the configuration and waits until it is Ready, on the control plane.
# Where the smoke check runs, also waits until the worker's pod reaches the others.
# Parameters: WORKER_NAME READY_TIMEOUT_SECONDS TAINTS (words as kubectl takes them). Stdin: the Node with its desired labels.
# Result: the seconds of the wait.
source lib/common.sh

# set_labels: applies the labels and prints the annotation with our earlier taints. A server-side apply removes labels that
# we set before and no longer want; it keeps all others.
set_labels() {
  kubectl apply --server-side --force-conflicts --field-manager nodeforge -f - \
    -o 'jsonpath={.metadata.annotations.nodeforge\.local/taints}' <<<"$given"
}

# set_taints BEFORE: sets the desired taints, and removes those of BEFORE that are no longer desired. The API server treats the
# taints as one field, so an annotation has to record ours.
set_taints() {
  local taint desired before stale=()
  read -ra desired <<<"$TAINTS"
  read -ra before <<<"$1"
  [[ ${desired[*]} != "${before[*]}" ]] || return 0
  for taint in "${before[@]}"; do
    [[ " ${desired[*]} " == *" $taint "* ]] || stale+=("${taint%%[=:]*}:${taint##*:}-")
  done
  # kubectl fails on a taint that no longer exists.
  ((${#stale[@]} == 0)) || kubectl taint node "$WORKER_NAME" "${stale[@]}" >&2 || say "some taints were already removed"
  ((${#desired[@]} == 0)) || kubectl taint node "$WORKER_NAME" --overwrite "${desired[@]}" >&2
  kubectl annotate node "$WORKER_NAME" --overwrite "nodeforge.local/taints=${desired[*]}" >&2
}

# node_ready: fails while the node is not Ready, and prints its condition.
node_ready() {
  local status
  status=$(kubectl get node "$WORKER_NAME" \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}')
  [[ $status == True* ]] || {
    echo "${status:-no condition yet}"
    return 1
  }
}

# smoke_pod_started: fails while the worker's pod of the smoke check does not reach the others.
smoke_pod_started() {
  [[ $(kubectl -n nodeforge-smoke get pods --field-selector "spec.nodeName=$WORKER_NAME" \
    -o jsonpath='{.items[*].status.containerStatuses[*].started}') == true ]]
}

given=$(cat)
# The control plane may have just started. To ask it first would take an emulated machine five seconds for each worker.
remembered=$(set_labels) || {
  wait_for 600 "the API server" kubectl get --raw /readyz
  remembered=$(set_labels)
}
set_taints "$remembered"
wait_for "$READY_TIMEOUT_SECONDS" "$WORKER_NAME to be Ready" node_ready
if [[ -n $(kubectl -n nodeforge-smoke get daemonset smoke --ignore-not-found -o name) ]]; then
  wait_for "$READY_TIMEOUT_SECONDS" "the smoke check's pod on $WORKER_NAME to reach the others" smoke_pod_started
fi
# The kubelet has asked for its serving certificate before. Without this it would get it in the gate, or from the timer.
systemctl start --no-block nodeforge-approve-kubelets
printf '{"seconds":{"ready":%d}}\n' "$((SECONDS - started))"
