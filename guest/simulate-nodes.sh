# shellcheck shell=bash
# Creates and deletes simulated nodes, on the control plane. It starts kwok, deletes Nodes that are not desired or have another
# content, and creates the missing ones. Then it waits until all are Ready.
# Parameters: READY_TIMEOUT_SECONDS; MACHINE, which only causes another run when it changes. Stdin: addons/simulated-nodes.ts.
# Result: the number of nodes, and the seconds.
source lib/common.sh
source lib/simulated-nodes.sh
check_image
command -v kwok >/dev/null ||
  fail "this node's image has no kwok, which simulates nodes. Fix: npm run roll to an image that this release built"
pools=
while IFS= read -r line && [[ -n $line ]]; do pools+=$line$'\n'; done
configuration=$(cat)

# desired: prints the desired nodes, one a line: name, content, and the Node in JSON.
desired() {
  awk 'NF {
    pool = $1; count = $2; content = $3; zones = split($4, zone, ",")
    sub(/^[^ ]* [^ ]* [^ ]* [^ ]* /, "")
    for (i = 1; i <= count; i++) {
      node = $0; name = pool "-" i
      gsub(/@NAME@/, name, node); gsub(/@ZONE@/, zone[(i - 1) % zones + 1], node)
      print name, content, node
    }
  }' <<<"$pools"
}

# present: prints the nodes of the cluster, one a line: name, and of a simulated node also its content and its pool.
present() {
  kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.annotations.nodeforge\.local/content} {.metadata.labels.nodeforge\.local/simulated}{"\n"}{end}'
}

# all_simulated_ready: fails while a simulated node is not Ready, or has the taint of a new node, which the controller manager
# removes. Prints how many there are of both. The raw list costs a tenth of the processor time of a template.
all_simulated_ready() {
  local list ready new
  list=$(kubectl get --raw "/api/v1/nodes?labelSelector=$simulated")
  ready=$(grep -o '"type":"Ready","status":"True"' <<<"$list" | wc -l) || true
  new=$(grep -o '"key":"node.kubernetes.io/not-ready"' <<<"$list" | wc -l) || true
  echo "$ready of $count are Ready, and $new of them accept no pods yet"
  ((ready == count && new == 0))
}

wait_for 600 "the API server" kubectl get --raw /readyz
nodes=$(present)
wanted=$(desired | cut -d ' ' -f 1,2)
count=$(grep -c . <<<"$wanted") || true
taken=$(comm -12 <(awk 'NF == 1 { print $1 }' <<<"$nodes" | sort) <(cut -d ' ' -f 1 <<<"$wanted" | sort) | paste -sd ' ')
[[ -z $taken ]] ||
  fail "the cluster has other nodes of these names: $taken. Fix: give the pool of simulatedNodes another name"

if [[ $(cat "$kwok_configuration" 2>/dev/null) == "$configuration" ]]; then
  systemctl start kwok
else
  write_file 0644 "$kwok_configuration" <<<"$configuration"
  systemctl restart kwok
fi

here=$(awk 'NF > 1 { print $1, $2 }' <<<"$nodes")
delete_simulated < <(comm -23 <(sort <<<"$here") <(sort <<<"$wanted") | cut -d ' ' -f 1)

missing=$(comm -13 <(sort <<<"$here") <(sort <<<"$wanted") | cut -d ' ' -f 1)
if [[ -n $missing ]]; then
  say "creating $(wc -l <<<"$missing") simulated nodes"
  # kubectl creates one object after the other, and waits for the answer most of the time.
  desired | awk 'NR == FNR { missing[$1]; next } $1 in missing { sub(/^[^ ]* [^ ]* /, ""); print }' <(cat <<<"$missing") - |
    split --elide-empty-files --unbuffered --number r/4 --filter 'kubectl create -f - >/dev/null'
fi
wait_for "$READY_TIMEOUT_SECONDS" "$count simulated nodes to be Ready" all_simulated_ready
say "$count simulated nodes are Ready"
printf '{"nodes":%d,"seconds":%d}\n' "$count" "$((SECONDS - started))"
