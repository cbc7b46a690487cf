# shellcheck shell=bash
# Takes a worker out of the cluster, on the control plane, before its machine is deleted: cordon, drain, delete the Node.
# Parameters: WORKER_NAME. How long pods may take, and what then, is what set-drain-policy wrote down last: this script was
# stored when the worker joined, and a policy may have changed since.
# shellcheck source=/dev/null
source /etc/kubernetes/nodeforge-drain

# Prints whether the node is cordoned and its condition Ready; nothing when there is no such node.
look() {
  kubectl get node "$WORKER_NAME" --ignore-not-found \
    -o jsonpath='{.spec.unschedulable} {.status.conditions[?(@.type=="Ready")].status}'
}

# Evictions respect budgets; what was said is kept for the one who reads the failure.
options=(--ignore-daemonsets --delete-emptydir-data --grace-period "$DRAIN_GRACE_SECONDS")
# Pods that no controller would make again go too, but no budget is broken before the limit.
[[ $DRAIN_POLICY != force ]] || options+=(--force)
drain() { kubectl drain "$WORKER_NAME" "${options[@]}" "$@" 2>&1 | tee >(cat >&2); }

# Names the pods that are still on the node, and the budgets that allow no eviction.
holders() {
  local pods budgets
  pods=$(kubectl get pods -A --field-selector "spec.nodeName=$WORKER_NAME" \
    -o jsonpath='{range .items[*]}{.metadata.ownerReferences[0].kind}{" "}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' |
    sed '/^DaemonSet /d; /^Node /d; s/^[^ ]* //; /^$/d' | paste -sd ' ')
  budgets=$(kubectl get poddisruptionbudgets -A \
    -o jsonpath='{range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' | paste -sd ' ')
  echo "pods still there: ${pods:-none}; budgets that allow no disruption: ${budgets:-none}"
}

wait_for 600 "the API server" kubectl get --raw /readyz
seen=$(look)
if [[ -z $seen ]]; then
  say "$WORKER_NAME is not in the cluster"
  exit 0
fi
cordoned=${seen% *}
kubectl cordon "$WORKER_NAME" >&2
say "draining $WORKER_NAME, at most $DRAIN_TIMEOUT_MINUTES minutes"
limit=$((SECONDS + DRAIN_TIMEOUT_MINUTES * 60))
# In slices of a minute: no pod can be seen to end on a machine that died meanwhile, and waiting for it would be in vain.
until seen=$(look) && [[ -z $seen || $seen == *" Unknown" ]]; do
  slice=$((limit - SECONDS < 60 ? limit - SECONDS : 60))
  ((slice > 0)) || slice=1
  outcome=$(drain --timeout "${slice}s") && break
  # Only what kubectl refuses to delete is as true in a minute: a pod that no controller would make again, above all.
  if [[ $outcome != *"cannot delete "* ]] && ((SECONDS < limit)); then
    # An API server that is busy shall not be asked again at once.
    [[ $outcome == *"global timeout reached"* ]] || sleep 5
    continue
  fi
  held=$(holders)
  if [[ $DRAIN_POLICY == force ]]; then
    say "drainPolicy is force: what is left on $WORKER_NAME is deleted ($held)"
    drain --disable-eviction --timeout 120s >/dev/null || true
    break
  fi
  # It stays a member, so it shall be of use, unless somebody else had cordoned it.
  [[ $cordoned == true ]] || kubectl uncordon "$WORKER_NAME" >&2
  fail "$WORKER_NAME could not be drained, and stays ($held); make way for them, or set drainPolicy to force"
done
kubectl delete node "$WORKER_NAME" --ignore-not-found >&2
