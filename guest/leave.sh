# shellcheck shell=bash
# Takes a worker out of the cluster, on the control plane, before its machine is deleted: cordon, drain, delete the Node.
# A worker that the cluster shall have no more gives its address back, too.
# Parameters: WORKER_NAME, WORKER_ADDRESS, WORKER_MAC. How long pods may take, and what then, is what set-drain-policy wrote
# down last, and who shall stay what wait-ready did: this script was stored when the worker joined, and both may have changed.
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

# octets ADDRESS: its bytes. zeros N: so many of them. All in hexadecimal.
octets() {
  local -a numbers
  IFS=. read -ra numbers <<<"$1"
  printf '%02x' "${numbers[@]}"
}
zeros() { printf '%0*d' $(($1 * 2)) 0; }

# Ends the lease of a worker that does not come back, whose name the network would go on telling until it ran out. The worker
# cannot do that itself: systemd-networkd leaves out which server it means, and dnsmasq then does not listen (systemd 257,
# dnsmasq 2.90). The card's address alone tells dnsmasq whose lease it is.
give_back_address() {
  local server packet
  ! grep -sqx "$WORKER_NAME" /etc/kubernetes/nodeforge-nodes || return 0
  server=$(sed -n 's/^SERVER_ADDRESS=//p' /run/systemd/netif/leases/* 2>/dev/null | head -n 1) || true
  # Where the control plane has its address from nobody, the worker has, too.
  [[ -n $server ]] || return 0
  # RFC 2131, figure 1 and table 5: a request over ethernet; client address; hardware address; DHCPRELEASE; the server.
  packet=01010600$(zeros 8)$(octets "$WORKER_ADDRESS")$(zeros 12)${WORKER_MAC//:/}$(zeros 202)63825363
  packet+=3501073604$(octets "$server")ff
  say "giving back $WORKER_ADDRESS"
  # A datagram is what is written at once.
  # shellcheck disable=SC2001,SC2059
  printf "$(sed 's/../\\x&/g' <<<"$packet")" | dd bs=1024 iflag=fullblock status=none >"/dev/udp/$server/67" ||
    say "$server does not take it; the lease ends by itself"
}

wait_for 600 "the API server" kubectl get --raw /readyz
seen=$(look)
if [[ -z $seen ]]; then
  say "$WORKER_NAME is not in the cluster"
  give_back_address
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
give_back_address
