# shellcheck shell=bash
# Makes the control plane on this node, or completes one that was left half-made.
# Parameters: NODE_NAME NODE_ADDRESS CLUSTER_NAME CLUSTER_DOMAIN POD_CIDR SERVICE_CIDR. Stdin: kubeadm's configuration.
# Result: the version of Kubernetes and the seconds each phase took.
check_image
config=/etc/nodeforge/kubeadm.yaml
version=$(kubeadm version -o short)
given=$(sed "s/@KUBERNETES_VERSION@/$version/")

lock_node
wait_for_cloud_init
[[ $(hostname) == "$NODE_NAME" ]] || fail "this node is called $(hostname), not $NODE_NAME: its seed disk was not read"

# Address ranges and names are written into certificates and objects; changing them under a living cluster breaks it.
if [[ -f /etc/nodeforge/joined && $given != "$(<"$config")" ]]; then
  fail "cluster name, addresses and domains cannot be changed on a living cluster; take the change back, or destroy and make it anew"
fi
write_node_parameters
write_file 0644 "$config" <<<"$given"

phase() {
  say "kubeadm init phase $*"
  kubeadm init phase "$@" --config "$config" >&2
}

begin=$SECONDS
phase certs all
phase kubeconfig all
certificates=$((SECONDS - begin))

begin=$SECONDS
touch /etc/nodeforge/control-plane
systemctl start etcd kube-apiserver kube-controller-manager kube-scheduler
wait_for 900 "the API server" kubectl get --raw /readyz
api_server=$((SECONDS - begin))

begin=$SECONDS
if [[ ! -f /etc/nodeforge/joined ]]; then
  phase upload-config all
  phase bootstrap-token --skip-token-print
  # The phase always makes a token; nobody asked for one yet.
  kubectl -n kube-system delete secrets --field-selector type=bootstrap.kubernetes.io/token >&2
  phase kubelet-start
  wait_for 600 "this node's registration" kubectl get node "$NODE_NAME"
  phase mark-control-plane
fi
# flanneld and kube-proxy use the kubelet's identity; the bound role only reads nodes, services and their endpoints.
kubectl apply -f - >&2 <<'RBAC'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: nodeforge:node-proxier
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:node-proxier
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:nodes
RBAC
start_node_network control-plane
phase kubelet-finalize all
kubelet=$((SECONDS - begin))

say "control plane $version is up"
printf '{"kubernetesVersion":"%s","seconds":{"boot":%d,"certificates":%d,"apiServer":%d,"kubelet":%d}}\n' \
  "$version" "$(boot_seconds)" "$certificates" "$api_server" "$kubelet"
