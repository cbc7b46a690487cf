# shellcheck shell=bash
# Removes a worker from the cluster, on the control plane, before its machine is deleted: cordons, drains and deletes the Node.
# Releases the address of a worker that no longer belongs to the cluster.
# Parameters: WORKER_NAME WORKER_ADDRESS WORKER_MAC. The drain policy is the last one of set-drain-policy, and the list of
# remaining nodes the last one of wait-ready. They are no parameters, because this script was stored when the worker joined.
# shellcheck source=/dev/null
source lib/common.sh
source /etc/kubernetes/nodeforge-drain

# look: prints whether the node is cordoned, and its condition Ready. Prints nothing when the node does not exist.
look() {
  kubectl get node "$WORKER_NAME" --ignore-not-found \
    -o jsonpath='{.spec.unschedulable} {.status.conditions[?(@.type=="Ready")].status}'
}

options=(--ignore-daemonsets --delete-emptydir-data --grace-period "$DRAIN_GRACE_SECONDS")
# force also evicts unmanaged pods. Evictions respect budgets until the limit.
[[ $DRAIN_POLICY != force ]] || options+=(--force)
# drain OPTION...: drains the node; prints kubectl's output, and copies it to stderr.
drain() { kubectl drain "$WORKER_NAME" "${options[@]}" "$@" 2>&1 | tee >(cat >&2); }

# holders: names the pods that are still on the node, and the budgets that allow no eviction.
holders() {
  local pods budgets
  pods=$(kubectl get pods -A --field-selector "spec.nodeName=$WORKER_NAME" \
    -o jsonpath='{range .items[*]}{.metadata.ownerReferences[0].kind}{" "}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' |
    sed '/^DaemonSet /d; /^Node /d; s/^[^ ]* //; /^$/d' | paste -sd ' ')
  budgets=$(kubectl get poddisruptionbudgets -A \
    -o jsonpath='{range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' | paste -sd ' ')
  echo "pods still there: ${pods:-none}; budgets that allow no disruption: ${budgets:-none}"
}

# octets ADDRESS: prints its bytes in hexadecimal. zeros COUNT: prints this number of zero bytes.
octets() {
  local -a numbers
  IFS=. read -ra numbers <<<"$1"
  printf '%02x' "${numbers[@]}"
}
zeros() { printf '%0*d' $(($1 * 2)) 0; }

# release_address: ends the lease of a worker that does not return; the network's DNS would resolve its name until the lease
# expires. The worker cannot do this itself: systemd-networkd does not name the server, and dnsmasq ignores such a release
# (systemd 257, dnsmasq 2.90). dnsmasq identifies the lease by the MAC address alone.
release_address() {
  local server packet
  ! grep -sqx "$WORKER_NAME" /etc/kubernetes/nodeforge-nodes || return 0
  server=$(sed -n 's/^SERVER_ADDRESS=//p' /run/systemd/netif/leases/* 2>/dev/null | head -n 1) || true
  # Without a DHCP server for the control plane, the worker has no lease either.
  [[ -n $server ]] || return 0
  # RFC 2131, figure 1 and table 5: a request over ethernet, client address, hardware address, DHCPRELEASE, server.
  packet=01010600$(zeros 8)$(octets "$WORKER_ADDRESS")$(zeros 12)${WORKER_MAC//:/}$(zeros 202)63825363
  packet+=3501073604$(octets "$server")ff
  say "releasing $WORKER_ADDRESS"
  # One write is one datagram.
  # shellcheck disable=SC2001,SC2059
  printf "$(sed 's/../\\x&/g' <<<"$packet")" | dd bs=1024 iflag=fullblock status=none >"/dev/udp/$server/67" ||
    say "$server does not accept the release; the lease expires later"
}

wait_for 600 "the API server" kubectl get --raw /readyz
seen=$(look)
if [[ -z $seen ]]; then
  say "$WORKER_NAME is not in the cluster"
  release_address
  exit 0
fi
cordoned=${seen% *}
kubectl cordon "$WORKER_NAME" >&2
say "draining $WORKER_NAME, at most $DRAIN_TIMEOUT_MINUTES minutes"
limit=$((SECONDS + DRAIN_TIMEOUT_MINUTES * 60))
# Drains in slices of a minute: if the machine dies meanwhile, no pod on it can be seen to end, so waiting is useless.
until seen=$(look) && [[ -z $seen || $seen == *" Unknown" ]]; do
  slice=$((limit - SECONDS < 60 ? limit - SECONDS : 60))
  ((slice > 0)) || slice=1
  outcome=$(drain --timeout "${slice}s") && break
  # Another try helps unless kubectl refuses to delete a pod, above all an unmanaged one.
  if [[ $outcome != *"cannot delete "* ]] && ((SECONDS < limit)); then
    # A busy API server needs a pause.
    [[ $outcome == *"global timeout reached"* ]] || sleep 5
    continue
  fi
  held=$(holders)
  if [[ $DRAIN_POLICY == force ]]; then
    say "drainPolicy is force: deleting the remaining pods on $WORKER_NAME ($held)"
    drain --disable-eviction --timeout 120s >/dev/null || true
    break
  fi
  # The worker stays in the cluster, so it accepts pods again, unless it was cordoned before.
  [[ $cordoned == true ]] || kubectl uncordon "$WORKER_NAME" >&2
  fail "$WORKER_NAME could not be drained, and stays in the cluster ($held). Fix: let the pods move elsewhere, or set drainPolicy to force"
done
kubectl delete node "$WORKER_NAME" --ignore-not-found >&2
release_address
