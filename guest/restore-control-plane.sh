# shellcheck shell=bash
# Replaces the objects of this control plane by those of a backup. A failure before its end brings the former objects back.
# The certificates stay, because kubelets and kubeconfigs of this cluster trust them. A blank data disk gets those of a
# backup of this very cluster, while the machine has its former root disk. The workers then stay. The keys of service accounts are
# replaced, because objects in etcd have tokens signed with them. The key of the secrets is replaced, too, unless the backup has
# none: the API server reads plain secrets with any key.
# Parameters: NODE_NAME. VERSION of Kubernetes in the backup. PROGRAM_SIZE and PROGRAM_SHA256 of etcdutl. SNAPSHOT_SIZE and
# SNAPSHOT_SHA256. EMPTY, "yes" to refuse a cluster that has objects of a user. SECRETS_ENCRYPTED, "yes" if every secret of the
# backup is encrypted. FILES, number of files below /etc/kubernetes that a blank disk gets; 0 for another cluster. Sizes are bytes.
# Stdin, secret: the private and the public key of service accounts, and the file with the key of the secrets, each a line in
# base64. The third is empty if the backup has no such file. Then the files, a line each: name, mode, content in base64. Then
# etcdutl, then the snapshot.
# Result: the seconds, the nodes that stay, and the nodes that must join again.
source lib/common.sh
source lib/units.sh
source lib/node.sh
source lib/unit-arguments.sh
source lib/encryption.sh
source lib/simulated-nodes.sh
source lib/automatic-approval.sh
check_image
data=/var/lib/nodeforge
# The mount of /var/lib/etcd shows the same folder, but a rename needs one mount.
store=$data/var/lib/etcd
work=$data/restore
keys=/etc/kubernetes/pki
running=$(kubeadm version -o short)
# Watches of kubelets and controllers start again only at a revision that is larger than every earlier one.
revisions=1000000000

[[ $EMPTY =~ ^(yes|no)$ ]] || fail "EMPTY is $EMPTY, expected yes or no"
[[ $SECRETS_ENCRYPTED =~ ^(yes|no)$ ]] || fail "SECRETS_ENCRYPTED is $SECRETS_ENCRYPTED, expected yes or no"
[[ $PROGRAM_SIZE =~ ^[1-9][0-9]*$ ]] || fail "PROGRAM_SIZE is $PROGRAM_SIZE, expected a number of bytes"
[[ $SNAPSHOT_SIZE =~ ^[1-9][0-9]*$ ]] || fail "SNAPSHOT_SIZE is $SNAPSHOT_SIZE, expected a number of bytes"
[[ ${VERSION%.*} == "${running%.*}" ]] ||
  fail "the backup is of Kubernetes $VERSION, and this control plane runs $running. Fix: restore it onto ${VERSION%.*}"
[[ $FILES =~ ^[0-9]+$ ]] || fail "FILES is $FILES, expected a number of files"
made=/etc/kubernetes/nodeforge-made
blank=
if [[ ! -f $made ]]; then
  # The unit files of another root disk are not set up for a control plane.
  if ((FILES == 0)) || [[ ! -e /etc/nodeforge/control-plane ]]; then
    fail "this node has no complete control plane. Fix: npm run up"
  fi
  blank=yes
fi
mountpoint -q /var/lib/etcd || fail "the control plane's data disk is not mounted. Fix: npm run diagnose names the cause"
lock_node

# start_all, stop_all: start and stop the units of the control plane.
start_all() { timeout 1300 systemctl start etcd kube-apiserver kube-controller-manager kube-scheduler; }
stop_all() { systemctl stop kube-scheduler kube-controller-manager kube-apiserver etcd; }

# Files of the control plane that belong to the objects in etcd.
companions=("$keys/sa.key" "$keys/sa.pub" "$encryption" "$encrypted")

# put_former_back: brings the former objects and their files back. The objects are last, because their folder says that there is
# something to bring back. A key of secrets that the control plane did not have stays, and does no harm.
put_former_back() {
  local file
  [[ -d $work/former/member ]] || return 0
  stop_all || true
  rm -f "$encrypted"
  for file in "${companions[@]}"; do
    [[ ! -e $work/former/${file##*/} ]] || cp -p "$work/former/${file##*/}" "$file"
  done
  sync
  rm -rf "$store/member"
  mv "$work/former/member" "$store/member"
}

# A restore that was killed leaves its former objects.
if [[ -d $work/former/member ]]; then
  say "bringing back what an interrupted restore has left"
  put_former_back
  start_all
fi
rm -rf "$work"
install -d -m 0700 "$work" "$work/former"

free=$(df --output=avail --block-size=1 "$data" | tail -n 1)
# The snapshot, the store that is made of it, and etcd's first log of 64 MB twice.
need=$((PROGRAM_SIZE + 2 * SNAPSHOT_SIZE + 134217728))
((free >= need)) ||
  fail "the data disk has $((free >> 20)) MiB free, and the restore needs $((need >> 20)) MiB. Fix: free space on the disk"

# receive FILE SIZE SHA256: writes the next bytes of stdin to a file.
receive() {
  head -c "$2" >"$1"
  [[ $(sha256sum <"$1") == "$3 "* ]] || fail "${1##*/} arrived incomplete: expected the SHA-256 $3. Fix: repeat the restore"
}
read -r private
read -r public
read -r secret_keys
for ((; FILES > 0; FILES--)); do
  read -r name mode content || fail "the files arrived incomplete. Fix: repeat the restore"
  [[ -n $blank ]] || continue
  [[ $name =~ ^[a-zA-Z0-9._/-]+$ && /$name/ != */../* && $mode =~ ^[0-7]{3,4}$ ]] ||
    fail "the backup has a file $name of mode $mode, which is unexpected. Fix: restore another backup"
  mkdir -p "$(dirname "$work/files/$name")"
  base64 -d <<<"$content" >"$work/files/$name"
  chmod "$mode" "$work/files/$name"
done
if ! base64 -d <<<"$private" >"$work/sa.key" || ! base64 -d <<<"$public" >"$work/sa.pub" ||
  ! openssl pkey -noout -in "$work/sa.key" >&2 || ! openssl pkey -pubin -noout -in "$work/sa.pub" >&2; then
  fail "the keys of the service accounts are no keys. Fix: npm run backup -- verify FILE"
fi
if [[ -n $secret_keys ]]; then
  if ! base64 -d <<<"$secret_keys" >"$work/encryption.json" || ! grep -q '"EncryptionConfiguration"' "$work/encryption.json"; then
    fail "the key of the secrets is no key. Fix: npm run backup -- verify FILE"
  fi
  [[ -n $blank || -n $(keys_in_use) ]] ||
    fail "the backup has a key for its secrets, and this control plane does not use keys yet. Fix: npm run up, then repeat the restore"
  # A backup in the middle of the first encryption has the key second. The API server encrypts with the first.
  sed -i 's/"providers":\[\({"identity":{}}\),\(.*\)\]}\]}$/"providers":[\2,\1]}]}/' "$work/encryption.json"
fi
receive "$work/etcdutl" "$PROGRAM_SIZE" "$PROGRAM_SHA256"
chmod 0700 "$work/etcdutl"
receive "$work/snapshot.db" "$SNAPSHOT_SIZE" "$SNAPSHOT_SHA256"

# nodes: prints each real node with its range of pods and its address, one a line. A node without one of them has a hyphen.
nodes() {
  kubectl --request-timeout 30s get nodes --selector "!$simulated" -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.spec.podCIDR}{" "}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}' |
    awk '{ print $1, ($2 == "" ? "-" : $2), ($3 == "" ? "-" : $3) }'
}

# own_objects: prints the namespaces and the objects in default that a new cluster does not have, one a line.
own_objects() {
  kubectl --request-timeout 30s get namespaces -o name | grep -vE '^namespace/(default|kube-.*|nodeforge-.*)$' || true
  kubectl --request-timeout 30s -n default get pods,deployments,statefulsets,daemonsets,jobs,cronjobs,persistentvolumeclaims -o name
}

before=$(nodes) || before=
if [[ $EMPTY == yes ]]; then
  found=$(own_objects) || fail "the API server does not answer, so the cluster may have objects. Fix: npm run up; or add --force"
  [[ -z $found ]] ||
    fail "the cluster has objects that the backup would replace: $(head -n 5 <<<"$found" | paste -sd ' '). Fix: add --force to lose them"
fi

say "making a store of the snapshot"
said=$("$work/etcdutl" snapshot restore "$work/snapshot.db" --data-dir "$work/store" --name "$NODE_NAME" \
  --initial-cluster "$NODE_NAME=https://127.0.0.1:2380" --initial-advertise-peer-urls https://127.0.0.1:2380 \
  --bump-revision "$revisions" --mark-compacted 2>&1) ||
  fail "etcdutl refuses the snapshot: ${said##*$'\n'}. Fix: restore another backup"
[[ -d $work/store/member ]] || fail "etcdutl made no store"

# From here on every failure brings the former objects back.
restored=
back_again() {
  [[ -z $restored ]] || return 0
  say "the restore failed: bringing the former objects back" || true
  put_former_back
  start_all || true
}
trap back_again EXIT
trap '' PIPE
say "stopping the control plane"
stop_all
for file in "${companions[@]}"; do
  [[ ! -e $file ]] || cp -p "$file" "$work/former/"
done
# Without their key, the former objects would be lost.
sync
[[ -n $blank && ! -e $store/member ]] || mv "$store/member" "$work/former/member"
mv "$work/store/member" "$store/member"
if [[ -n $blank ]]; then
  say "writing the certificates and keys of the backup to the blank disk"
  # The mark of a complete control plane follows at the end, so that a restore can be repeated until then.
  mv "$work/files/nodeforge-made" "$work/made"
  cp -Rp "$work/files/." /etc/kubernetes/
  # The kubelet's key was on the lost disk.
  rm -f /etc/kubernetes/kubelet.conf
  kubeadm init phase kubeconfig kubelet --config /etc/nodeforge/kubeadm.yaml >&2
fi
write_file 0600 "$keys/sa.key" <"$work/sa.key"
write_file 0600 "$keys/sa.pub" <"$work/sa.pub"
[[ -z $secret_keys ]] || write_file 0600 "$encryption" <"$work/encryption.json"
if [[ $SECRETS_ENCRYPTED == yes ]]; then touch "$encrypted"; else rm -f "$encrypted"; fi
sync
say "starting the control plane with the objects of the backup"
since=$(($(date +%s) + 1))
start_all &
# An API server that cannot read a secret says so once a second, and is never ready.
while running=; do
  ! kill -0 $! 2>/dev/null || running=yes
  unreadable=$(journalctl --unit kube-apiserver --since "@$since" --output cat --no-pager 2>/dev/null |
    grep -o 'unable to transform key.*' | tail -n 1) || true
  [[ -z $unreadable ]] ||
    fail "the API server cannot read the secrets of the backup: $unreadable. Fix: set or remove encryption-provider-config as in the cluster of the backup, run up, and repeat the restore"
  [[ -n $running ]] || break
  sleep 5
done
wait $! || fail "the control plane does not start with the backup: $(last_lines kube-apiserver | tail -n 3 | paste -sd ' ')"
wait_for 900 "the API server" kubectl --request-timeout 30s get --raw /readyz
wait_for 120 "the restored nodes" nodes
# A backup of an earlier release has the binding.
wait_for 120 "the removal of kubeadm's automatic approval" remove_automatic_approval
restored=yes
[[ -z $blank ]] || mv "$work/made" "$made"
rm -rf "$work"

# A worker that joins compares this CA with the hash that it was given.
publish_ca() {
  local server text
  server=$(sed -n 's/^ *server: //p' /etc/kubernetes/admin.conf | head -n 1)
  text="{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[{\"name\":\"\",\"cluster\":{\"certificate-authority-data\":\"$(base64 -w 0 "$keys/ca.crt")\",\"server\":\"$server\"}}],\"contexts\":[],\"users\":[],\"current-context\":\"\"}"
  kubectl --request-timeout 30s -n kube-public patch configmap cluster-info --type merge \
    --patch "{\"data\":{\"kubeconfig\":\"${text//\"/\\\"}\"}}"
}
wait_for 120 "the CA in cluster-info" publish_ca

# A node whose range or address differs has the pod network of another node. Without its Node, up lets it join again.
after=$(nodes)
stay=()
again=()
while read -r name range address; do
  if [[ -z $name || $name == "$NODE_NAME" ]]; then continue; fi
  if [[ -z $before ]] || grep -qxF "$name $range $address" <<<"$before"; then stay+=("$name"); else again+=("$name"); fi
done <<<"$after"
while read -r name _; do
  if [[ -z $name || $name == "$NODE_NAME" ]] || grep -q "^$name " <<<"$after"; then continue; fi
  again+=("$name")
done <<<"$before"
if ((${#again[@]} > 0)); then
  say "deleting the Nodes that must join again: ${again[*]}"
  wait_for 120 "the deletion of Nodes" kubectl --request-timeout 30s delete node --ignore-not-found --wait=false "${again[@]}"
fi

# range_of NODES: prints the range of this node's pods.
range_of() { sed -n "s/^$NODE_NAME \([^ ]*\) .*/\1/p" <<<"$1"; }
systemctl stop kubelet flanneld kube-proxy
if [[ -n $before && $(range_of "$before") != "$(range_of "$after")" ]]; then
  say "clearing this node's pod network, because its range was $(range_of "$before")"
  rm -rf /etc/cni/net.d/*.conflist /run/flannel /var/lib/cni/networks
  ip link delete cni0 2>/dev/null || true
  systemctl restart containerd
fi
# flanneld exits until its node has a pod range, and its unit restarts it.
systemctl start --no-block kubelet flanneld kube-proxy
wait_for 300 "kubelet, flanneld and kube-proxy" all_active kubelet flanneld kube-proxy
if [[ -n $blank ]]; then
  wait_for 300 "the kubelet's client certificate" test -s /var/lib/kubelet/pki/kubelet-client-current.pem
  kubeadm init phase kubelet-finalize all --config /etc/nodeforge/kubeadm.yaml >&2
  guard_files
  # The kubelet has asked for its serving certificate meanwhile.
  systemctl start --no-block nodeforge-approve-kubelets
fi

# The objects of the backup are back, also if a secret stays plain.
[[ $(keys_in_use) != "$encryption" || -e $encrypted ]] || rewrite_secrets

# words NAME...: prints a JSON list.
words() { (($# == 0)) || printf '"%s"\n' "$@" | paste -sd ,; }
say "the objects of the backup are back"
printf '{"seconds":%d,"stay":[%s],"again":[%s]}\n' "$((SECONDS - started))" "$(words "${stay[@]}")" "$(words "${again[@]}")"
