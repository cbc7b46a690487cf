# shellcheck shell=bash
# Makes the control plane on this node, completes one that was left half-made, or brings one back whose data disk has come to
# a new machine.
# Parameters: NODE_NAME NODE_ADDRESS CLUSTER_NAME CLUSTER_DOMAIN POD_CIDR SERVICE_CIDR IMAGE, and MACHINE, which only makes
# it run again. Stdin: kubeadm's configuration.
# Result: the version of Kubernetes and the seconds each phase took.
check_image
config=/etc/nodeforge/kubeadm.yaml
made=/etc/kubernetes/nodeforge-made
version=$(kubeadm version -o short)
given=$(cat)

lock_node
wait_for_cloud_init
[[ $(hostname) == "$NODE_NAME" ]] || fail "this node is called $(hostname), not $NODE_NAME: its seed disk was not read"

# All it knows is on the data disk, and a new root disk only has to be told.
mountpoint -q /var/lib/etcd || fail "the control plane's data disk is not there: $(systemctl status --no-pager machine 2>&1 | tail -n 5)"
# Address ranges and names are written into certificates and objects; changing them under a living cluster breaks it.
if [[ -f $made && $given != "$(<"$made")" ]]; then
  fail "cluster name, addresses and domains cannot be changed on a living cluster; take the change back, or destroy and make it anew"
fi
write_node_parameters
write_file 0644 "$config" <<<"${given//@KUBERNETES_VERSION@/$version}"

# A phase gives the API server ten seconds for an answer, which is not enough where many machines share few processors.
phase() {
  local tries=1
  say "kubeadm init phase $*"
  until kubeadm init phase "$@" --config "$config" >&2; do
    ((tries++ < 5)) || fail "kubeadm init phase $* failed five times"
    say "trying it again"
    sleep 10
  done
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
# Anew on every root disk: its programs may be of another version than those that made the cluster.
if [[ ! -f /etc/nodeforge/joined ]]; then
  phase upload-config all
  if [[ ! -f $made ]]; then
    phase bootstrap-token --skip-token-print
    # The phase always makes a token; nobody asked for one yet.
    kubectl -n kube-system delete secrets --field-selector type=bootstrap.kubernetes.io/token >&2
  fi
  phase kubelet-start
  wait_for 600 "this node's registration" kubectl get node "$NODE_NAME"
  phase mark-control-plane
fi
kubectl label node "$NODE_NAME" --overwrite "nodeforge.local/image=$IMAGE" >&2
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
write_file 0644 "$made" <<<"$given"
kubelet=$((SECONDS - begin))

say "control plane $version is up"
printf '{"kubernetesVersion":"%s","seconds":{%s"certificates":%d,"apiServer":%d,"kubelet":%d}}\n' \
  "$version" "$(boot_seconds)" "$certificates" "$api_server" "$kubelet"
