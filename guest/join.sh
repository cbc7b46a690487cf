# shellcheck shell=bash
# Joins this worker to the cluster; on a node that has joined it changes nothing.
# Parameters: NODE_NAME NODE_ADDRESS CLUSTER_NAME CLUSTER_DOMAIN POD_CIDR SERVICE_CIDR. Stdin, secret: JoinConfiguration.
# Result: the seconds each phase took.
lock_node
wait_for_cloud_init
[[ $(hostname) == "$NODE_NAME" ]] || fail "this node is called $(hostname), not $NODE_NAME: its seed disk was not read"
write_node_parameters

begin=$SECONDS
if [[ -f /etc/nodeforge/joined ]]; then
  say "$NODE_NAME has joined already"
else
  # An earlier attempt that broke off leaves files that kubeadm refuses to start from.
  if [[ -e /etc/kubernetes/kubelet.conf || -e /etc/kubernetes/bootstrap-kubelet.conf || -e /etc/kubernetes/pki/ca.crt ]]; then
    say "clearing a join that broke off"
    kubeadm reset --force >&2
    rm -rf /var/lib/kubelet/pki /etc/kubernetes/pki/ca.crt
  fi
  say "joining"
  kubeadm join --config /dev/stdin >&2
fi
start_node_network
say "$NODE_NAME has joined"
printf '{"seconds":{"boot":%d,"join":%d}}\n' "$(boot_seconds)" "$((SECONDS - begin))"
