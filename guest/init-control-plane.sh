# shellcheck shell=bash
# Initializes the control plane on this node. Also completes an interrupted initialization, and restores a control plane whose
# data disk was moved to a new machine.
# Parameters: NODE_NAME NODE_ADDRESS CLUSTER_NAME CLUSTER_DOMAIN POD_CIDR SERVICE_CIDR IMAGE. APPROVE_JOINS and APPROVE_KUBELETS
# are the texts of two scripts, and SANDBOX has the lines that restrict their units. MACHINE and CERTIFICATES only cause another
# run when they change. REPEATED is set when the stack's state has this step. ARGUMENTS, further arguments of the units
# (component-arguments.ts). FILES, configuration files that they name: a path, a blank and JSON a line. PROVEN, units with no
# argument of the stack's settings, with blanks between them. RESTART_TIMEOUT_SECONDS, the limit of a restart. Optional:
# KUBELET, settings of the kubelet as JSON; AUDIT_POLICY, an audit policy, and AUDIT_FILE, its path; METRICS, open ports of
# metrics with commas between them. Stdin: kubeadm's configuration.
# Result: the version of Kubernetes, and the seconds of each phase.
source lib/common.sh
source lib/units.sh
source lib/node.sh
source lib/boot-seconds.sh
source lib/kubelet-settings.sh
source lib/unit-arguments.sh
source lib/encryption.sh
source lib/metrics.sh
source lib/fixed-settings.sh
source lib/joins.sh
source lib/certificate-requests.sh
source lib/approval-units.sh
source lib/automatic-approval.sh
check_image
config=/etc/nodeforge/kubeadm.yaml
made=/etc/kubernetes/nodeforge-made
version=$(kubeadm version -o short)
given=$(cat)

lock_node
wait_for_cloud_init
[[ $(hostname) == "$NODE_NAME" ]] || fail "this node is called $(hostname), not $NODE_NAME: its seed disk was not read"

# The whole cluster is on the data disk.
mountpoint -q /var/lib/etcd || fail "the control plane's data disk is not mounted: $(systemctl status --no-pager machine 2>&1 | tail -n 5)"
# A cluster is never created twice under one name: its workers and kubeconfigs would belong to another cluster.
if [[ ! -f $made && -n ${REPEATED-} ]]; then
  fail "the stack has created this cluster before, but its data disk is empty. Fix: restore the disk's content; or give the cluster up: delete the disk's volume, set masterDataProtected to false, and run up again"
fi
[[ ! -f $made ]] || check_fixed_settings "$(settings <"$made")" "$(settings <<<"$given")"
write_node_parameters
write_file 0644 "$config" <<<"${given//@KUBERNETES_VERSION@/$version}"

# phase NAME...: runs a phase of kubeadm init, up to five times. A phase waits ten seconds for the API server, which is too
# short where many machines share few processors.
phase() {
  local tries=1
  say "kubeadm init phase $*"
  until kubeadm init phase "$@" --config "$config" >&2; do
    ((tries++ < 5)) || fail "kubeadm init phase $* failed five times"
    say "trying again"
    sleep 10
  done
}

begin=$SECONDS
# kubeadm keeps existing files: it refuses an expired certificate, and does not change a kubeconfig.
renew=/etc/nodeforge/renew-certificates.sh
[[ ! -f $made || ! -e $renew ]] || sh "$renew" >&2 || fail "the certificates could not be renewed"
# A kubelet whose own certificate expired while it was off cannot renew it, so kubeadm has to create another one.
identity=/var/lib/kubelet/pki/kubelet-client-current.pem
if [[ -s $identity ]] && ! openssl x509 -noout -checkend 0 -in "$identity" >/dev/null; then
  say "the kubelet's certificate has expired: creating another one"
  rm -f /etc/kubernetes/kubelet.conf /var/lib/kubelet/pki/kubelet-client-*
fi
phase certs all
phase kubeconfig all
certificates=$((SECONDS - begin))

begin=$SECONDS
touch /etc/nodeforge/control-plane
close_metrics
[[ -z ${AUDIT_POLICY-} ]] || write_file 0600 "$AUDIT_FILE" <<<"$AUDIT_POLICY"
write_files
make_encryption_key
for unit in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  set_arguments "$unit" "$(sed -n "s/^$unit //p" <<<"${ARGUMENTS-}")"
  earlier+=("$unit")
done
systemctl start etcd kube-apiserver kube-controller-manager kube-scheduler
wait_for 900 "the API server" kubectl get --raw /readyz
for unit in "${starting[@]}"; do
  keep_arguments "$unit" "$(sed -n "s/^$unit //p" <<<"${ARGUMENTS-}")"
done
remove_audit_policies
remove_files
encrypt_secrets
open_metrics
publish_etcd_certificate
api_server=$((SECONDS - begin))

begin=$SECONDS
# Runs again on every new root disk, because its programs may have another version than the cluster.
if [[ -f /etc/nodeforge/joined ]]; then
  configure_kubelet
else
  phase upload-config all
  if [[ ! -f $made ]]; then
    phase bootstrap-token --skip-token-print
    # The phase always creates a token, which no worker needs.
    kubectl -n kube-system delete secrets --field-selector type=bootstrap.kubernetes.io/token >&2
  fi
  set_new_kubelet_defaults
  set_kubelet_settings "${KUBELET-}"
  phase kubelet-start
  [[ -z ${KUBELET-} ]] || runs kubelet || refuse_kubelet_settings
  keep_kubelet_settings
  wait_for 600 "this node's registration" kubectl get node "$NODE_NAME"
  phase mark-control-plane
fi
remove_automatic_approval
expect_kubelet "$NODE_NAME" "$NODE_ADDRESS"
install_approval
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
guard_files
start_node_network control-plane
phase kubelet-finalize all
# Its group may do everything, and no RBAC can change that. Only the phase that binds the administrator's group needs it.
rm -f /etc/kubernetes/super-admin.conf
# The kubelet has asked for its serving certificate meanwhile.
systemctl start --no-block nodeforge-approve-kubelets
write_file 0644 "$made" <<<"$given"
kubelet=$((SECONDS - begin))

say "control plane $version is up"
printf '{"kubernetesVersion":"%s","seconds":{%s"certificates":%d,"apiServer":%d,"kubelet":%d}}\n' \
  "$version" "$(boot_seconds)" "$certificates" "$api_server" "$kubelet"
