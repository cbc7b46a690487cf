# shellcheck shell=bash
# Takes a worker out of the cluster, on the control plane, before its machine is deleted: cordon, drain, delete the Node.
# Parameters: WORKER_NAME DRAIN_TIMEOUT_MINUTES.
if ! kubectl get node "$WORKER_NAME" -o name >/dev/null 2>&1; then
  say "$WORKER_NAME is not in the cluster"
  exit 0
fi
kubectl cordon "$WORKER_NAME" >&2
say "draining $WORKER_NAME, at most $DRAIN_TIMEOUT_MINUTES minutes"
kubectl drain "$WORKER_NAME" --ignore-daemonsets --delete-emptydir-data --timeout "${DRAIN_TIMEOUT_MINUTES}m" >&2 ||
  fail "$WORKER_NAME could not be drained; the lines above name the pods or budgets that hold it"
kubectl delete node "$WORKER_NAME" >&2
