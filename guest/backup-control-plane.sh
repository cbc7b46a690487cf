# shellcheck shell=bash
# Prints what a restore of the control plane needs, and changes nothing. Result: one JSON object a line. First the versions and
# etcd's status, then each file below /etc/kubernetes, then etcd's snapshot in pieces, then {"complete":true}. All of it is
# secret.
source lib/common.sh
source lib/units.sh
source lib/unit-arguments.sh
source lib/encryption.sh
check_image
version=$(kubeadm version -o short)
folder=/etc/kubernetes
pki=$folder/pki
# Larger files are no keys, certificates or marks.
largest=1048576

[[ -f $folder/nodeforge-made ]] || fail "this node has no complete control plane. Fix: npm run up"
# Not in the middle of an initialization or a restore.
lock_node

# Without this file no secret of the snapshot could be read.
used=$(keys_in_use)
[[ $used != "$encryption" || -f $encryption && ! -L $encryption ]] ||
  fail "the control plane has no file $encryption, with whose key its secrets are encrypted. Fix: bring the file back"
[[ -z $used || $used == "$folder/"* ]] ||
  say "warning: the backup has no $used, with which the secrets are encrypted. Fix: keep a copy of it"

# ask PATH: sends an empty request to etcd's JSON interface, and prints the answer. The image has no etcdctl, and kubectl
# sends any request with a client certificate.
ask() {
  kubectl --kubeconfig /dev/null --server https://127.0.0.1:2379 --certificate-authority "$pki/etcd/ca.crt" \
    --client-certificate "$pki/apiserver-etcd-client.crt" --client-key "$pki/apiserver-etcd-client.key" \
    create --raw "$1" --filename - <<<'{}'
}

say "reading etcd's status"
status=$(ask /v3/maintenance/status) || fail "etcd does not answer. Fix: npm run diagnose names the cause"
printf '{"kubernetesVersion":"%s","status":%s}\n' "$version" "$status"

shopt -s globstar nullglob dotglob
for path in "$folder"/**; do
  # A link would lead out of the folder.
  [[ -f $path && ! -L $path ]] || continue
  name=${path#"$folder"/}
  if [[ ! $name =~ ^[a-zA-Z0-9._/-]+$ ]] || (($(stat -c %s "$path") > largest)); then
    say "warning: the backup has no $path, because its name or its size is unexpected"
    continue
  fi
  printf '{"file":"%s","mode":"%s","content":"%s"}\n' "$name" "$(stat -c %a "$path")" "$(base64 -w 0 "$path")"
done

say "reading etcd's snapshot"
ask /v3/maintenance/snapshot || fail "etcd ended its snapshot early. Fix: repeat the command"
printf '\n{"complete":true}\n'
