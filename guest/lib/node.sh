# shellcheck shell=bash
# Parameters and pod network of a node.

# write_node_parameters: writes the parameters for the image's units (EnvironmentFile), and flanneld's configuration.
write_node_parameters() {
  mkdir -p /etc/nodeforge
  write_file 0644 /etc/nodeforge/node.env <<PARAMETERS
NODE_NAME=$NODE_NAME
NODE_ADDRESS=$NODE_ADDRESS
CLUSTER_NAME=$CLUSTER_NAME
CLUSTER_DOMAIN=$CLUSTER_DOMAIN
POD_CIDR=$POD_CIDR
SERVICE_CIDR=$SERVICE_CIDR
PARAMETERS
  write_file 0644 /etc/nodeforge/net-conf.json <<NETWORK
{"Network": "$POD_CIDR", "EnableNFTables": true, "Backend": {"Type": "host-gw"}}
NETWORK
}

# guard_files: lets only root read the node's certificates and the kubelet's configuration, which kubeadm writes with mode 0644.
# Every unit that reads them runs as root. A renewal keeps the mode of a file.
guard_files() {
  local path
  for path in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /var/lib/kubelet/config.yaml; do
    [[ ! -e $path ]] || chmod 0600 "$path"
  done
}

# start_node_network HOW: starts flanneld and kube-proxy, once the kubelet has the client certificate that both use. HOW is how
# the node joined the cluster: its token's id, or "control-plane". The units wait for the file that it is written to.
start_node_network() {
  wait_for 300 "the kubelet's client certificate" test -s /var/lib/kubelet/pki/kubelet-client-current.pem
  write_file 0644 /etc/nodeforge/joined <<<"$1"
  # flanneld exits until its node has a pod range, and its unit restarts it. So its first failures are expected.
  systemctl start --no-block flanneld kube-proxy
  wait_for 300 "flanneld and kube-proxy" all_active flanneld kube-proxy
}
