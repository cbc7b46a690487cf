# shellcheck shell=bash
# Mints a short-lived token for a worker's new machine, on the control plane.
# Parameters: WORKER_NAME WORKER_ADDRESS TOKEN_TTL_MINUTES.
# Result, secret: the token, and the hash of the CA's public key that the worker pins.

# What an earlier machine of this name left makes way, also when this one's disk is the earlier one's and it came back by
# itself: it joins anew. A machine that lives elsewhere is none of our business.
seen=$(kubectl get node "$WORKER_NAME" --ignore-not-found \
  -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.addresses[?(@.type=="InternalIP")].address}')
[[ $seen != True\ * || $seen == "True $WORKER_ADDRESS" ]] ||
  fail "another machine named $WORKER_NAME is in the cluster and Ready, at ${seen#True }"
kubectl delete node "$WORKER_NAME" --ignore-not-found >&2
# For the scripts by which others leave: a join that breaks off is tried again, and its worker keeps its address meanwhile.
grep -sqx "$WORKER_NAME" /etc/kubernetes/nodeforge-nodes || echo "$WORKER_NAME" >>/etc/kubernetes/nodeforge-nodes
print_token "$(mint_token)"
