# shellcheck shell=bash
# Waits until every expected node is in the cluster and Ready, and its kubelet has renewed its lease since this began, then
# revokes the join tokens; on the control plane. A node too many is no reason to wait: a worker that is taken away leaves
# only when everything else is done.
# Parameters: READY_TIMEOUT_SECONDS. Stdin: a line for each node, its name first. Result: the seconds it took.

expected=$(cut -d ' ' -f 1 | sort)
# For the scripts by which others leave: who is here only makes way for its successor.
write_file 0644 /etc/kubernetes/nodeforge-nodes <<<"$expected"

# What was seen, as files, because wait_for repeats a command in a shell of its own: the first look, the one before and the
# last one, and for each node whose clock is wrong what there is to say of it.
seen=$(mktemp -d)
trap 'rm -r "$seen"' EXIT
objects='{range .items[*]}{.kind} {.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{.spec.renewTime}{"\n"}{end}'

# Looks at all Nodes and leases in one call; fails with what kubectl says when there is no answer. The first line of a look
# is the second in which it began.
look() {
  local began found
  began=$(date +%s)
  found=$(kubectl -n kube-node-lease get nodes,leases -o jsonpath="$objects" --request-timeout 60s 2>&1) || {
    echo "the API server does not answer: $found"
    return 1
  }
  [[ ! -e $seen/now ]] || mv "$seen/now" "$seen/before"
  printf '%s\n' "$began" "$found" >"$seen/now"
  [[ -e $seen/first ]] || cp "$seen/now" "$seen/first"
  [[ ! -e $seen/before ]] || watch_clocks
}

# Prints the Nodes of the last look, a line each: the name, and whether it is Ready.
nodes() { sed -n 's/^Node //p' "$seen/now" | sort; }

# renewed_since LOOK: the leases that are other ones in the last look, a line each: the node's name, and the time by the
# node's own clock.
renewed_since() { comm -13 <(leases_in "$1") <(leases_in now); }
leases_in() { sed -n 's/^Lease \([^ ]* [0-9].*Z\)$/\1/p' "$seen/$1" | sort; }

# Seconds that a clock may be off without a word: certificates and tokens allow for more.
clock_tolerance=5

# Keeps what a lease that was renewed between two looks tells of its node's clock. Nothing is judged by it: who is heard of
# is heard of, whatever his clock says.
watch_clocks() {
  local from to name at renewed
  renewed=$(renewed_since before)
  [[ -n $renewed ]] || return 0
  from=$(head -n 1 "$seen/before")
  to=$(date +%s)
  # One process for all of them.
  paste -d ' ' <(cut -d ' ' -f 1 <<<"$renewed") <(cut -d ' ' -f 2 <<<"$renewed" | date -f - +%s) |
    while read -r name at; do
      if ((at < from - clock_tolerance)); then
        echo "the clock of $name is $(((from + to) / 2 - at)) s behind" >"$seen/clock-$name"
      elif ((at > to + clock_tolerance)); then
        echo "the clock of $name is $((at - (from + to) / 2)) s ahead" >"$seen/clock-$name"
      else
        rm -f "$seen/clock-$name"
      fi
    done
}

# Prints whose clock is not that of this node, a line each.
wrong_clocks() { cat "$seen"/clock-* 2>/dev/null || true; }

# Prints who has not joined, or is not Ready, a line each.
unready() {
  comm -13 <(nodes | cut -d ' ' -f 1) <(cat <<<"$expected") | sed '/^$/d; s/$/ has not joined/'
  comm -12 <(nodes | sed '/ True$/d; s/ .*//') <(cat <<<"$expected") | sed '/^$/d; s/$/ is not Ready/'
}

# Prints who was not heard of since the first look, a line each. A machine that has just gone off is called Ready for another
# forty seconds: only a lease that changes tells that its kubelet is there. When that was is not asked: each node says it by
# a clock of its own.
silent() {
  comm -13 <(renewed_since first | cut -d ' ' -f 1) <(cat <<<"$expected") | sed '/^$/d; s/$/ has not been heard of yet/'
}

# Fails while a node is missing, and names it.
all_ready() {
  local missing
  look || return
  missing=$(unready)
  [[ -n $missing ]] || missing=$(silent)
  [[ -n $missing ]] || return 0
  { cat <<<"$missing" && wrong_clocks; } | paste -sd ';'
  return 1
}

explain() {
  kubectl get nodes -o wide >&2 || true
  kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}: {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}' >&2 || true
}

# A control plane that somebody deleted from its own cluster registers again when its kubelet starts.
if look >/dev/null && [[ $'\n'$(unready) == *$'\n'"$(hostname) has not joined"* ]]; then
  say "$(hostname) is not in its own cluster any more: registering it again"
  systemctl restart kubelet
  wait_for 300 "the registration of $(hostname)" kubectl get node "$(hostname)"
  kubeadm init phase mark-control-plane --config /etc/nodeforge/kubeadm.yaml >&2
  # Its slice of the pod network may be another one.
  systemctl restart --no-block flanneld
fi
trap '[[ $? -eq 0 ]] || explain; rm -r "$seen"' EXIT
wait_for "$READY_TIMEOUT_SECONDS" "$(wc -l <<<"$expected") nodes to be Ready" all_ready
seconds=$((SECONDS - started))
wrong_clocks | while read -r line; do say "warning: $line"; done

# Every token of ours has done its work. Others, made by hand, are left alone.
for secret in $(kubectl -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o name); do
  description=$(kubectl -n kube-system get "$secret" -o jsonpath='{.data.description}' | base64 -d)
  [[ $description != "nodeforge: join of "* ]] || kubectl -n kube-system delete "$secret" >&2
done
kubectl get nodes -o wide >&2
printf '{"seconds":{"ready":%d}}\n' "$seconds"
