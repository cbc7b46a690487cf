# shellcheck shell=bash
# Waits, on the control plane, until every expected node is Ready and has renewed its lease since the start of this script. Then
# waits until each kubelet serves a certificate of the cluster's CA, and revokes the join tokens. Other nodes may exist: a removed
# worker leaves the cluster only after all other steps.
# Parameters: READY_TIMEOUT_SECONDS, the limit of each wait. Stdin: one line for each node, which begins with its name and its
# address. Result: the seconds of the wait.
source lib/common.sh
source lib/joins.sh
source lib/certificate-requests.sh
source lib/simulated-nodes.sh

given=$(cat)
expected=$(cut -d ' ' -f 1 <<<"$given" | sort)
# leave.sh releases no address of a node in this list, because its replacement uses the address again.
write_file 0644 /etc/kubernetes/nodeforge-nodes <<<"$expected"
# A removed worker gets no further certificate.
cut -d ' ' -f 1,2 <<<"$given" | write_file 0644 "$kubelets"

# Folder with the results of looks: the first, the previous and the last one, and a message for each node with a wrong clock.
# They are files, because wait_for repeats a command in a subshell.
seen=$(mktemp -d)
trap 'rm -r "$seen"' EXIT
objects='{range .items[*]}{.kind} {.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{.spec.renewTime}{"\n"}{end}'

# look: reads all Nodes and leases in one call, without simulated Nodes; their leases have no label. Fails with kubectl's output
# when the API server does not answer. The first line of a look is the second in which it began.
look() {
  local began found
  began=$(date +%s)
  found=$(kubectl -n kube-node-lease get nodes,leases -o jsonpath="$objects" -l "!$simulated" --request-timeout 60s 2>&1) || {
    echo "the API server does not answer: $found"
    return 1
  }
  [[ ! -e $seen/now ]] || mv "$seen/now" "$seen/before"
  printf '%s\n' "$began" "$found" >"$seen/now"
  [[ -e $seen/first ]] || cp "$seen/now" "$seen/first"
  [[ ! -e $seen/before ]] || watch_clocks
}

# nodes: prints the Nodes of the last look, one a line: its name, and whether it is Ready.
nodes() { sed -n 's/^Node //p' "$seen/now" | sort; }

# renewed_since LOOK: prints the leases of expected nodes that changed between this look and the last one. Each line has the
# node's name, and the time by the node's own clock.
renewed_since() { comm -13 <(leases_in "$1") <(leases_in now); }
leases_in() {
  sed -n 's/^Lease \([^ ]* [0-9].*Z\)$/\1/p' "$seen/$1" |
    awk 'NR == FNR { expected[$1]; next } $1 in expected' <(cat <<<"$expected") - | sort
}

# Seconds that a clock may be off without a warning: certificates and tokens tolerate more.
clock_tolerance=5

# watch_clocks: compares the time of each lease that was renewed between two looks with this node's clock, and stores a message
# when it is off. A wrong clock does not make a node unready.
watch_clocks() {
  local from to name at renewed
  renewed=$(renewed_since before)
  [[ -n $renewed ]] || return 0
  from=$(head -n 1 "$seen/before")
  to=$(date +%s)
  # One process converts all times.
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

# wrong_clocks: prints the stored messages about clocks, one a line.
wrong_clocks() { cat "$seen"/clock-* 2>/dev/null || true; }

# unready: prints each expected node that has not joined or is not Ready, one a line.
unready() {
  comm -13 <(nodes | cut -d ' ' -f 1) <(cat <<<"$expected") | sed '/^$/d; s/$/ has not joined/'
  comm -12 <(nodes | sed '/ True$/d; s/ .*//') <(cat <<<"$expected") | sed '/^$/d; s/$/ is not Ready/'
}

# silent: prints each expected node whose lease has not changed since the first look, one a line. Kubernetes calls a machine that
# was just switched off Ready for another forty seconds, so only a changed lease proves that its kubelet runs. The lease's time
# is not compared, because it comes from the node's own clock.
silent() {
  comm -13 <(renewed_since first | cut -d ' ' -f 1) <(cat <<<"$expected") | sed '/^$/d; s/$/ has not renewed its lease yet/'
}

# all_ready: fails while an expected node is missing, not Ready or silent, and names it.
all_ready() {
  local missing
  look || return
  missing=$(unready)
  [[ -n $missing ]] || missing=$(silent)
  [[ -n $missing ]] || return 0
  { cat <<<"$missing" && wrong_clocks; } | paste -sd ';'
  return 1
}

# Kubelets to which the API server would not connect yet, one a line as in $kubelets.
cp "$kubelets" "$seen/unverified"

# verify NAME ADDRESS: succeeds if the kubelet has a certificate that the API server accepts: for its name and its address.
verify() {
  timeout 20 openssl s_client -connect "$2:10250" -CAfile /etc/kubernetes/pki/ca.crt -verify_return_error \
    -verify_hostname "$1" -verify_ip "$2" </dev/null >/dev/null 2>&1
}

# all_verified: fails while a kubelet of $seen/unverified has no such certificate, and names it. It asks eight at a time.
all_verified() {
  local name address asked=0
  : >"$seen/still"
  while read -r name address; do
    { verify "$name" "$address" || echo "$name $address" >>"$seen/still"; } &
    ((++asked < 8)) || wait -n || true
  done <"$seen/unverified"
  wait
  mv "$seen/still" "$seen/unverified"
  [[ -s $seen/unverified ]] || return 0
  systemctl start nodeforge-approve-kubelets || true
  { sed 's/ .*/ serves no certificate of the CA of the cluster/' "$seen/unverified" && cat "$refused"; } 2>/dev/null | paste -sd ';'
  return 1
}

# explain: shows the nodes and their condition Ready.
explain() {
  kubectl get nodes -o wide -l "!$simulated" >&2 || true
  kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}: {.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}' \
    -l "!$simulated" >&2 || true
}

# A control plane whose Node was deleted registers again when its kubelet starts.
if look >/dev/null && [[ $'\n'$(unready) == *$'\n'"$(hostname) has not joined"* ]]; then
  say "$(hostname) is missing from its own cluster: registering it again"
  systemctl restart kubelet
  wait_for 300 "the registration of $(hostname)" kubectl get node "$(hostname)"
  kubeadm init phase mark-control-plane --config /etc/nodeforge/kubeadm.yaml >&2
  # Its range of the pod network may have changed.
  systemctl restart --no-block flanneld
fi
trap '[[ $? -eq 0 ]] || explain; rm -r "$seen"' EXIT
wait_for "$READY_TIMEOUT_SECONDS" "$(wc -l <<<"$expected") nodes to be Ready" all_ready
say "$(wc -l <<<"$expected") nodes are Ready"
wait_for "$READY_TIMEOUT_SECONDS" "the serving certificates of $(wc -l <"$kubelets") kubelets" all_verified
seconds=$((SECONDS - started))
wrong_clocks | while read -r line; do say "warning: $line"; done

# Our tokens are no longer needed. Tokens that were created by hand stay. A thousand joins leave a thousand tokens, and an emulated
# machine needs five seconds for one kubectl. So one call reads all of them, and one deletes them.
tokens='{range .items[*]}{.metadata.name} {.data.description}{"\n"}{end}'
revoked=$(kubectl -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o jsonpath="$tokens" |
  while read -r name description; do
    [[ $(base64 -d <<<"$description") != "$token_description"* ]] || echo "$name"
  done)
if [[ -n $revoked ]]; then
  # kubectl sends five requests a second for names, and has no such limit for objects of a file.
  # shellcheck disable=SC2001 # each line, not the first one
  sed 's/.*/{"apiVersion":"v1","kind":"Secret","metadata":{"name":"&","namespace":"kube-system"}}/' <<<"$revoked" |
    kubectl delete --ignore-not-found -f - >&2
fi
printf '{"seconds":{"ready":%d}}\n' "$seconds"
