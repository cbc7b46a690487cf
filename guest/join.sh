# shellcheck shell=bash
# Joins this worker to the cluster. Changes nothing on a node that has joined with the same token, or has joined and gets none.
# Parameters: NODE_NAME NODE_ADDRESS CLUSTER_NAME CLUSTER_DOMAIN POD_CIDR SERVICE_CIDR. Optional: KUBELET, settings of the
# kubelet as JSON, and RESTART_TIMEOUT_SECONDS, the limit of its restart. Stdin, secret: JoinConfiguration.
# Result: the seconds of each phase.
source lib/common.sh
source lib/units.sh
source lib/node.sh
source lib/boot-seconds.sh
source lib/kubelet-settings.sh
check_image
lock_node
wait_for_cloud_init
[[ $(hostname) == "$NODE_NAME" ]] || fail "this node is called $(hostname), not $NODE_NAME: its seed disk was not read"
write_node_parameters
configuration=$(cat)
# kubeadm/join-configuration.ts writes one key a line; a token is its id, a dot and its secret.
token_id=$(sed -n 's/^ *"token": "\([^."]*\).*/\1/p' <<<"$configuration")
joined_with=$(cat /etc/nodeforge/joined 2>/dev/null || true)

# clear_earlier_join: removes the files of an earlier join that was interrupted, or that this disk made in another machine.
# kubeadm refuses to join when they exist, and their pod network may belong to another node now. A `kubeadm reset` by hand
# leaves the files of the network.
clear_earlier_join() {
  local path traces=0
  for path in /etc/kubernetes/{kubelet.conf,bootstrap-kubelet.conf,pki/ca.crt} /etc/nodeforge/joined \
    /run/flannel /var/lib/cni/networks /sys/class/net/cni0 /etc/cni/net.d/*.conflist; do
    [[ ! -e $path ]] || ((++traces))
  done
  ((traces > 0)) || return 0
  say "clearing an earlier join"
  rm -f /etc/nodeforge/joined
  systemctl stop flanneld kube-proxy
  kubeadm reset --force >&2
  rm -rf /var/lib/kubelet/pki /etc/kubernetes/pki/ca.crt /etc/cni/net.d/*.conflist /run/flannel /var/lib/cni/networks
  ip link delete cni0 2>/dev/null || true
  systemctl restart containerd
}

# is_registered: succeeds once the Node of this worker exists. The kubelet may read its own Node.
is_registered() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf get node "$NODE_NAME" -o name; }

begin=$SECONDS
if [[ -n $joined_with && (-z $token_id || $token_id == "$joined_with") ]]; then
  say "$NODE_NAME has joined already"
  configure_kubelet
else
  [[ -n $token_id ]] ||
    fail "no token was minted, because a node $NODE_NAME is in the cluster. Fix: kubectl delete node $NODE_NAME"
  clear_earlier_join
  # kubeadm starts kubelet, and a boot starts only an enabled one.
  systemctl is-enabled --quiet kubelet || systemctl enable --quiet kubelet
  # A reset empties the kubelet's folder, but the kubelet needs subfolders that the image declares.
  systemd-tmpfiles --create --prefix /var/lib/kubelet --prefix /etc/kubernetes
  say "joining"
  set_new_kubelet_defaults
  set_kubelet_settings "${KUBELET-}"
  if ! kubeadm join --config /dev/stdin <<<"$configuration" >&2; then
    # kubeadm has started the kubelet once this file exists. Before that, the settings are not the cause.
    [[ -z ${KUBELET-} || ! -e /var/lib/kubelet/config.yaml ]] ||
      [[ $(systemctl show --property SubState --value kubelet) == running ]] || refuse_kubelet_settings
    exit 1
  fi
  keep_kubelet_settings
  # kubeadm 1.36 waits only for the kubelet's certificate. The health check of the next run expects a Node of every worker that
  # has joined (lifecycle/health.ts).
  wait_for 300 "the registration of $NODE_NAME" is_registered
  joined_with=$token_id
fi
guard_files
start_node_network "$joined_with"
say "$NODE_NAME has joined"
printf '{"seconds":{%s"join":%d}}\n' "$(boot_seconds)" "$((SECONDS - begin))"
