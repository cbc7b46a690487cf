# shellcheck shell=bash
# The automatic approval of joins by kubeadm.

# remove_automatic_approval: by default any token can become any node. approve-joins allows a worker one certificate, for its
# own name.
remove_automatic_approval() {
  kubectl delete clusterrolebinding kubeadm:node-autoapprove-bootstrap --ignore-not-found >&2
}
