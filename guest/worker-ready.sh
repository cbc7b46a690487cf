# shellcheck shell=bash
# Waits until a worker that has joined is Ready and does its part, on the control plane. Its labels and taints become those
# of the configuration, and where the smoke check runs, the worker's pod of it has to reach the others.
# Parameters: WORKER_NAME READY_TIMEOUT_SECONDS TAINTS (words as kubectl takes them). Stdin: the Node with the labels it
# shall have. Result: the seconds it took.

# Prints the annotation in which set_taints remembers. Applied server-side, labels that were ours and no longer are go by
# themselves; those of others are left alone.
set_labels() {
  kubectl apply --server-side --force-conflicts --field-manager nodeforge -f - \
    -o 'jsonpath={.metadata.annotations.nodeforge\.local/taints}'
}

# set_taints BEFORE: the list of taints is one field to the API server, so what was ours has to be remembered.
set_taints() {
  local taint wanted before stale=()
  read -ra wanted <<<"$TAINTS"
  read -ra before <<<"$1"
  [[ ${wanted[*]} != "${before[*]}" ]] || return 0
  for taint in "${before[@]}"; do
    [[ " ${wanted[*]} " == *" $taint "* ]] || stale+=("${taint%%[=:]*}:${taint##*:}-")
  done
  # One that somebody took away already is an error to kubectl.
  ((${#stale[@]} == 0)) || kubectl taint node "$WORKER_NAME" "${stale[@]}" >&2 || say "some taints were gone already"
  ((${#wanted[@]} == 0)) || kubectl taint node "$WORKER_NAME" --overwrite "${wanted[@]}" >&2
  kubectl annotate node "$WORKER_NAME" --overwrite "nodeforge.local/taints=${wanted[*]}" >&2
}

# Fails while the node is not Ready, with what it says about itself.
node_ready() {
  local status
  status=$(kubectl get node "$WORKER_NAME" \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}')
  [[ $status == True* ]] || {
    echo "${status:-no condition yet}"
    return 1
  }
}

# Fails while the pod of the smoke check on this worker does not reach the others.
smoke_pod_started() {
  [[ $(kubectl -n nodeforge-smoke get pods --field-selector "spec.nodeName=$WORKER_NAME" \
    -o jsonpath='{.items[*].status.containerStatuses[*].started}') == true ]]
}

remembered=$(set_labels)
set_taints "$remembered"
wait_for "$READY_TIMEOUT_SECONDS" "$WORKER_NAME to be Ready" node_ready
if [[ -n $(kubectl -n nodeforge-smoke get daemonset smoke --ignore-not-found -o name) ]]; then
  wait_for "$READY_TIMEOUT_SECONDS" "the smoke check's pod on $WORKER_NAME to reach the others" smoke_pod_started
fi
printf '{"seconds":{"ready":%d}}\n' "$((SECONDS - started))"
