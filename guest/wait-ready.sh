# shellcheck shell=bash
# Waits until every expected node is in the cluster and Ready, and its kubelet has renewed its lease since this began, then
# revokes the join tokens; on the control plane. A node too many is no reason to wait: a worker that is taken away leaves
# only when everything else is done.
# Parameters: READY_TIMEOUT_SECONDS. Stdin: a line for each node, its name first. Result: the seconds it took.

# A machine that has just gone off is called Ready for another forty seconds: only what comes later counts.
began=$(date -u +%Y-%m-%dT%H:%M:%S)
expected=$(cut -d ' ' -f 1 | sort)
# For the scripts by which others leave: who is here only makes way for its successor.
write_file 0644 /etc/kubernetes/nodeforge-nodes <<<"$expected"
conditions='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'
leases='{range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}'

# Prints what is missing, a line each; nothing when all is as expected.
unready() {
  local seen
  seen=$(kubectl get nodes -o jsonpath="$conditions" --request-timeout 60s 2>&1) || { echo "the API server does not answer: $seen" && return; }
  comm -13 <(cut -d ' ' -f 1 <<<"$seen" | sort) <(cat <<<"$expected") | sed '/^$/d; s/$/ has not joined/'
  comm -12 <(sed '/ True$/d; s/ .*//' <<<"$seen" | sort) <(cat <<<"$expected") | sed '/^$/d; s/$/ is not Ready/'
}

# Prints who was not heard of since this script began, a line each.
silent() {
  local renewed
  renewed=$(kubectl -n kube-node-lease get leases -o jsonpath="$leases" --request-timeout 60s 2>&1) || { echo "the API server does not answer: $renewed" && return; }
  comm -13 <(while read -r name at; do [[ $at < $began ]] || echo "$name"; done <<<"$renewed" | sort) <(cat <<<"$expected") |
    sed '/^$/d; s/$/ has not been heard of yet/'
}

# Fails while a node is missing, and names it.
all_ready() {
  local missing
  missing=$(unready)
  [[ -n $missing ]] || missing=$(silent)
  [[ -n $missing ]] || return 0
  paste -sd ';' <<<"$missing"
  return 1
}

explain() {
  kubectl get nodes -o wide >&2 || true
  kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}: {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}' >&2 || true
}

# A control plane that somebody deleted from its own cluster registers again when its kubelet starts.
if [[ $'\n'$(unready) == *$'\n'"$(hostname) has not joined"* ]]; then
  say "$(hostname) is not in its own cluster any more: registering it again"
  systemctl restart kubelet
  wait_for 300 "the registration of $(hostname)" kubectl get node "$(hostname)"
  kubeadm init phase mark-control-plane --config /etc/nodeforge/kubeadm.yaml >&2
  # Its slice of the pod network may be another one.
  systemctl restart --no-block flanneld
fi
trap '[[ $? -eq 0 ]] || explain' EXIT
wait_for "$READY_TIMEOUT_SECONDS" "$(wc -l <<<"$expected") nodes to be Ready" all_ready
seconds=$((SECONDS - started))

# Every token of ours has done its work. Others, made by hand, are left alone.
for secret in $(kubectl -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o name); do
  description=$(kubectl -n kube-system get "$secret" -o jsonpath='{.data.description}' | base64 -d)
  [[ $description != "nodeforge: join of "* ]] || kubectl -n kube-system delete "$secret" >&2
done
kubectl get nodes -o wide >&2
printf '{"seconds":{"ready":%d}}\n' "$seconds"
