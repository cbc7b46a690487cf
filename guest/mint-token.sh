# shellcheck shell=bash
# Mints a short-lived token for one worker, on the control plane. Parameters: WORKER_NAME TOKEN_TTL_MINUTES.
# Result, secret: the token, and the hash of the CA's public key that the worker pins.

# kubeadm refuses to join under a name that is Ready already. What is left of a worker that is gone must not be in the way;
# a living one is none of our business.
if kubectl get node "$WORKER_NAME" -o name >/dev/null 2>&1; then
  ready=$(kubectl get node "$WORKER_NAME" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
  [[ $ready != True ]] || fail "a node $WORKER_NAME is in the cluster and Ready already"
  say "removing what is left of an earlier $WORKER_NAME"
  kubectl delete node "$WORKER_NAME" >&2
fi
token=$(kubeadm token create --ttl "${TOKEN_TTL_MINUTES}m" --description "nodeforge: join of $WORKER_NAME")
hash=$(openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum)
printf '{"token":"%s","caCertHash":"sha256:%s"}\n' "$token" "${hash%% *}"
