# shellcheck shell=bash
# Initializes the control plane on this node. Also completes an interrupted initialization, and restores a control plane whose
# data disk was moved to a new machine.
# Parameters: NODE_NAME NODE_ADDRESS CLUSTER_NAME CLUSTER_DOMAIN POD_CIDR SERVICE_CIDR IMAGE. APPROVE_JOINS and APPROVE_KUBELETS are
# the texts of two scripts. MACHINE and CERTIFICATES only cause another run when they change. REPEATED is set when the stack's state
# has this step. ARGUMENTS, further arguments of the units (component-arguments.ts). FILES, configuration files that they
# name: a path, a blank and JSON a line. PROVEN, units with no argument of the stack's settings, with blanks between them.
# RESTART_TIMEOUT_SECONDS, the limit of a restart. Optional: KUBELET, settings of the kubelet as JSON; AUDIT_POLICY, an audit
# policy, and AUDIT_FILE, its path; METRICS, open ports of metrics with commas between them. Stdin: kubeadm's configuration.
# Result: the version of Kubernetes, and the seconds of each phase.
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

# settings: prints every value of kubeadm's configuration on stdin with the path of its keys, one a line. The input is JSON
# with one key a line.
settings() {
  awk '{
    match($0, /^ */); depth = RLENGTH / 2
    value = substr($0, RLENGTH + 1); sub(/,$/, "", value); key[depth] = ""
    if (match(value, /^"[^"]*": /)) { key[depth] = substr(value, 2, RLENGTH - 4); value = substr(value, RLENGTH + 1) }
    path = ""; for (level = 1; level <= depth; level++) path = path "." key[level]
    gsub(/"/, "", value); print path, value
  }'
}

# check_fixed_settings BEFORE NOW: fails when a value differs that certificates and objects contain: changing it breaks an
# existing cluster. Any other value may differ between releases.
check_fixed_settings() {
  local path what was is name changed=()
  local before=$1 now=$2
  value() { sed -n "s|^$1 ||p" <<<"$2" | head -n 1; }
  while read -r path what; do
    was=$(value "$path" "$before")
    is=$(value "$path" "$now")
    # An older release may not have written the value.
    [[ -z $was || $was == "$is" ]] || changed+=("$what from $was to ${is:-nothing}")
  done <<'FIXED'
.clusterName cluster name
.nodeRegistration.name name of the control plane
.localAPIEndpoint.advertiseAddress address of the control plane
.controlPlaneEndpoint endpoint of the API server
.networking.dnsDomain domain of the cluster
.networking.podSubnet range of the pods
.networking.serviceSubnet range of the services
FIXED
  while read -r name; do
    grep -qxF ".apiServer.certSANs. $name" <<<"$now" || changed+=("name of the API server from $name to nothing")
  done < <(sed -n 's|^\.apiServer\.certSANs\. \([^]]*\)$|\1|p' <<<"$before")
  ((${#changed[@]} == 0)) ||
    fail "these values cannot be changed on an existing cluster: $(printf '%s; ' "${changed[@]}")fix: revert the change, or destroy the cluster and create it again"
}
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

# systemd keeps settings of its own interface there. The folder stays after a reboot. NixOS cannot change /etc/systemd/system.
drop_ins=/etc/systemd/system.control

# unit_command UNIT: prints the command of the image's unit.
unit_command() {
  local file command
  file=$(systemctl show --property FragmentPath --value "$1")
  command=$(sed -n 's/^ExecStart=\(..*\)/\1/p' "$file" | head -n 1)
  [[ -n $command ]] || fail "the unit $1 has no command (${file:-no file})"
  printf '%s\n' "$command"
}

# drop_in UNIT ARGUMENTS: prints the drop-in that adds the arguments to the command of the image. Prints nothing without any.
drop_in() {
  local command
  [[ -n $2 ]] || return 0
  command=$(unit_command "$1") || return
  printf '[Service]\nExecStart=\nExecStart=%s %s\n' "$command" "$(paste -sd ' ' <<<"$2")"
}

# set_drop_in UNIT ARGUMENTS: gives the unit these arguments at its next start.
set_drop_in() {
  local text
  text=$(drop_in "$1" "$2")
  if [[ -n $text ]]; then
    mkdir -p "$drop_ins/$1.service.d"
    write_file 0644 "$drop_ins/$1.service.d/10-nodeforge.conf" <<<"$text"
  else
    rm -f "$drop_ins/$1.service.d/10-nodeforge.conf"
  fi
  systemctl daemon-reload
}

# Units that start with arguments of nodeforge alone, which need no proof. Their starts are not waited for one by one.
starting=()

# keep_arguments UNIT ARGUMENTS: remembers that the unit runs with these arguments.
keep_arguments() {
  mkdir -p "$arguments"
  if [[ -n $2 ]]; then write_file 0644 "$arguments/$1" <<<"$2"; else rm -f "$arguments/$1"; fi
}

# set_arguments UNIT ARGUMENTS: lets the unit run with these arguments, and changes nothing when it does. A unit that does not run
# with them gets its former arguments back.
set_arguments() {
  local unit=$1 wanted=$2 former what log outcome="runs again as before"
  former=$(cat "$arguments/$unit" 2>/dev/null || true)
  if [[ $wanted == "$former" ]] &&
    [[ $(drop_in "$unit" "$wanted") == "$(cat "$drop_ins/$unit.service.d/10-nodeforge.conf" 2>/dev/null)" ]]; then
    return 0
  fi
  if [[ " ${PROVEN-} " == *" $unit "* ]] && ! systemctl is-active --quiet "$unit"; then
    set_drop_in "$unit" "$wanted"
    starting+=("$unit")
    return 0
  fi
  what=$(comm -13 <(sort <<<"$former") <(sort <<<"$wanted") | paste -sd ' ')
  say "restarting $unit with ${what:-fewer arguments}"
  set_drop_in "$unit" "$wanted"
  # On a new machine the start of the units before it would count towards the limit.
  ((${#earlier[@]} == 0)) || systemctl start "${earlier[@]}"
  if ! restart "$unit"; then
    systemctl stop "$unit" || true
    log=$(last_lines "$unit")
    say "$unit does not run with its arguments: restoring the former ones"
    set_drop_in "$unit" "$former"
    restart "$unit" || outcome="does not run with its former arguments either"
    fail "$unit does not run with ${what:-fewer arguments}, and $outcome. Fix: correct controlPlaneArguments, featureGates, auditPolicy or componentMetrics, and run up again. Its last lines:
$log"
  fi
  keep_arguments "$unit" "$wanted"
}

# encrypts: succeeds if the API server's arguments name the keys.
encrypts() {
  [[ $'\n'${ARGUMENTS-}$'\n' == *$'\n'"kube-apiserver \"--encryption-provider-config=$encryption\""$'\n'* ]]
}

# write_encryption FIRST SECOND: writes the two providers in this order. The API server writes with the first, and reads with both.
# The file must be on the disk before any secret is encrypted with its key.
write_encryption() {
  write_file 0600 "$encryption" <<<"{\"apiVersion\":\"apiserver.config.k8s.io/v1\",\"kind\":\"EncryptionConfiguration\",\"resources\":[{\"resources\":[\"secrets\"],\"providers\":[$1,$2]}]}"
  sync "$encryption" "${encryption%/*}"
}
plain='{"identity":{}}'

# make_encryption_key: makes the key, unless there is one. The API server of a living cluster first learns to read with the key.
# The former arguments, to which it may return, could not read an encrypted secret.
make_encryption_key() {
  local secretbox
  encrypts && [[ ! -s $encryption ]] || return 0
  say "making the key that encrypts secrets in etcd"
  secretbox="{\"secretbox\":{\"keys\":[{\"name\":\"key1\",\"secret\":\"$(head -c 32 /dev/urandom | base64 -w 0)\"}]}}"
  if [[ -f $made ]]; then
    write_encryption "$plain" "$secretbox"
  else
    write_encryption "$secretbox" "$plain"
    touch "$encrypted"
  fi
}

# encrypt_secrets: lets the API server write with the key, and writes each secret of an earlier release once more.
encrypt_secrets() {
  local secretbox
  encrypts || return 0
  if grep -qF "\"providers\":[$plain" "$encryption"; then
    say "restarting kube-apiserver, which encrypts secrets from now on"
    secretbox=$(sed 's/.*"providers":\[{"identity":{}},\(.*\)\]}\]}$/\1/' "$encryption")
    write_encryption "$secretbox" "$plain"
    if ! restart kube-apiserver; then
      write_encryption "$plain" "$secretbox"
      restart kube-apiserver || true
      fail "kube-apiserver does not run with the keys of $encryption. Its last lines:
$(last_lines kube-apiserver)"
    fi
    wait_for 300 "the API server" kubectl get --raw /readyz
  fi
  [[ -e $encrypted ]] || rewrite_secrets
}

# write_files: writes the configuration files of the API server.
write_files() {
  local path text
  while read -r path text; do
    [[ -z $path ]] || write_file 0600 "$path" <<<"$text"
  done <<<"${FILES-}"
}

# remove_files: removes configuration files that no argument of the API server names any more.
remove_files() {
  local file
  for file in /etc/kubernetes/nodeforge-{authentication,admission}-*.json; do
    [[ ! -e $file || ${FILES-} == *"$file "* ]] || rm "$file"
  done
}

# Open ports of metrics. The packet filter's own unit opens them again at each boot.
metrics_drop_in=$drop_ins/firewall-control-plane.service.d/10-nodeforge.conf
# It exists while the cluster has a secret with etcd's certificate. It is on the data disk, because the secret is, too.
metrics_secret=/etc/kubernetes/nodeforge-etcd-metrics

# close_metrics: closes open ports unless METRICS has the same. A delete without the add before it fails if a port is closed.
close_metrics() {
  local nft ports
  [[ -e $metrics_drop_in ]] || return 0
  read -r nft ports < <(sed -n 's/^ExecStart=\([^ ]*\) .*{ \(.*\) }$/\1 \2/p' "$metrics_drop_in")
  [[ $ports != "${METRICS-}" ]] || return 0
  say "closing the ports of metrics: $ports"
  "$nft" "add element inet nodeforge control_plane { $ports }; delete element inet nodeforge control_plane { $ports }" >&2
  rm "$metrics_drop_in"
  systemctl daemon-reload
}

# open_metrics: opens the ports of METRICS, and changes nothing when they are open.
open_metrics() {
  local command text
  [[ -n ${METRICS-} ]] || return 0
  command=$(unit_command firewall-control-plane)
  text=$(printf '[Service]\nExecStart=%s add element inet nodeforge control_plane { %s }' "${command%% *}" "$METRICS")
  [[ $text != "$(cat "$metrics_drop_in" 2>/dev/null)" ]] || return 0
  say "opening the ports of metrics: $METRICS"
  mkdir -p "${metrics_drop_in%/*}"
  write_file 0644 "$metrics_drop_in" <<<"$text"
  systemctl daemon-reload
  if ! systemctl restart firewall-control-plane; then
    rm "$metrics_drop_in"
    systemctl daemon-reload
    systemctl restart firewall-control-plane || true
    fail "the packet filter does not open the ports $METRICS. Fix: correct componentMetrics, and run up again. Its last lines:
$(last_lines firewall-control-plane)"
  fi
}

# publish_etcd_certificate: lets a reader of secrets read etcd's metrics, while METRICS has etcd's port. kubeadm makes and renews the
# certificate for health checks.
publish_etcd_certificate() {
  local pki=/etc/kubernetes/pki/etcd
  if [[ ,${METRICS-}, == *,2381,* ]]; then
    touch "$metrics_secret"
    kubectl -n kube-system create secret generic nodeforge-etcd-metrics --type kubernetes.io/tls --dry-run=client -o yaml \
      --from-file "ca.crt=$pki/ca.crt" --from-file "tls.crt=$pki/healthcheck-client.crt" \
      --from-file "tls.key=$pki/healthcheck-client.key" |
      kubectl apply --server-side --force-conflicts --field-manager nodeforge -f - >&2
  elif [[ -e $metrics_secret ]]; then
    kubectl -n kube-system delete secret nodeforge-etcd-metrics --ignore-not-found >&2
    rm "$metrics_secret"
  fi
}

# remove_audit_policies: removes policies that no argument of the API server names any more.
remove_audit_policies() {
  local file
  for file in /etc/kubernetes/nodeforge-audit-*.json; do
    [[ $file == "${AUDIT_FILE-}" || ! -e $file ]] || rm "$file"
  done
}

# approval_service NAME DESCRIPTION SETTINGS: prints the unit that runs a script that approves certificates.
approval_service() {
  # HOME, because kubectl keeps what it knows of the API server there. Otherwise each run would ask again. No limit of starts,
  # because many workers may join within seconds.
  printf '%s\n' "[Unit]
Description=$2
ConditionPathExists=/etc/nodeforge/control-plane
After=kube-apiserver.service
StartLimitIntervalSec=0
[Service]
$3
Environment=\"PATH=${PATH//%/%%}\" HOME=/root
ExecStart=$BASH /etc/kubernetes/$1
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full"
}

# install_unit NAME TARGET TEXT: installs a unit, which the target starts at a boot if one is given. Sets units_changed if the text is
# another.
install_unit() {
  [[ $3 != "$(cat "$drop_ins/$1" 2>/dev/null)" ]] || return 0
  units_changed=yes
  mkdir -p "$drop_ins"
  write_file 0644 "$drop_ins/$1" <<<"$3"
  [[ -n $2 ]] || return 0
  mkdir -p "$drop_ins/$2.wants"
  ln -sf "../$1" "$drop_ins/$2.wants/$1"
}

# install_approval: installs approve-joins and approve-kubelets, and the units that start them. They are no units of the image,
# because the image of a living cluster may be of an earlier release.
install_approval() {
  local -r joining=nodeforge-approve-joins serving=nodeforge-approve-kubelets
  local units_changed=
  install -d -m 0700 "$joins"
  write_file 0755 "/etc/kubernetes/$joining" <<<"$APPROVE_JOINS"
  write_file 0755 "/etc/kubernetes/$serving" <<<"$APPROVE_KUBELETS"
  install_unit "$joining.service" "" \
    "$(approval_service "$joining" "Approval of the certificates of joining workers" "Type=exec
ReadWritePaths=$joins")"
  # machine.service mounts the data disk. It starts after paths.target, before which systemd would otherwise start this unit.
  install_unit "$joining.path" multi-user.target "[Unit]
Description=Approval of the certificates of joining workers
ConditionPathExists=/etc/nodeforge/control-plane
DefaultDependencies=no
After=machine.service
Conflicts=shutdown.target
Before=shutdown.target
[Path]
DirectoryNotEmpty=$joins"
  install_unit "$serving.service" "" \
    "$(approval_service "$serving" "Approval of the kubelets' serving certificates" "Type=oneshot
TimeoutStartSec=10min")"
  # A kubelet waits for 15 minutes before it asks again.
  install_unit "$serving.timer" timers.target "[Unit]
Description=Approval of the kubelets' serving certificates
[Timer]
OnCalendar=*:0/10
RandomizedDelaySec=2min"
  [[ -z $units_changed ]] || systemctl daemon-reload
  systemctl start "$joining.path" "$serving.timer"
}

begin=$SECONDS
touch /etc/nodeforge/control-plane
close_metrics
[[ -z ${AUDIT_POLICY-} ]] || write_file 0600 "$AUDIT_FILE" <<<"$AUDIT_POLICY"
write_files
make_encryption_key
earlier=()
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
# By default any token can become any node. approve-joins allows a worker one certificate, for its own name.
kubectl delete clusterrolebinding kubeadm:node-autoapprove-bootstrap --ignore-not-found >&2
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
