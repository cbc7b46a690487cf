# shellcheck shell=bash
# Mints a short-lived token for a worker's new machine, on the control plane.
# Parameters: WORKER_NAME WORKER_ADDRESS TOKEN_TTL_MINUTES.
# Result, secret: the token, and the hash of the CA's public key that the worker pins.
source lib/common.sh
source lib/joins.sh
source lib/certificate-requests.sh

# The control plane may have just started, for example after a power loss.
wait_for 600 "the API server" kubectl get --raw /readyz
# Deletes the Node of an earlier machine of this name. The same holds when this machine has the earlier one's disk and is Ready
# already: it joins again. The Node of a living machine at another address is not touched.
seen=$(kubectl get node "$WORKER_NAME" --ignore-not-found \
  -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.addresses[?(@.type=="InternalIP")].address}')
[[ $seen != True\ * || $seen == "True $WORKER_ADDRESS" ]] ||
  fail "another machine named $WORKER_NAME is in the cluster and Ready, at ${seen#True }"
kubectl delete node "$WORKER_NAME" --ignore-not-found >&2
# leave.sh releases no address of a worker in this list. So a worker whose join was interrupted keeps its address for the next
# try.
grep -sqx "$WORKER_NAME" /etc/kubernetes/nodeforge-nodes || echo "$WORKER_NAME" >>/etc/kubernetes/nodeforge-nodes
expect_kubelet "$WORKER_NAME" "$WORKER_ADDRESS"
print_token "$(mint_token)"
