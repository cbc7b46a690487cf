#!/bin/sh
# Renews the control plane's certificates when any of them expires within 90 days, and restarts the units that use them.
# kubeadm issues them for one year and renews them only on command. The CA is valid for ten years and stays.
set -eu
folder=/etc/kubernetes
configuration=/etc/nodeforge/kubeadm.yaml
seconds=$((90 * 24 * 60 * 60))

# good: succeeds if the certificate on standard input is valid for longer than that.
good() {
  openssl x509 -noout -checkend "$seconds" >/dev/null
}

due=
for file in "$folder"/pki/*.crt "$folder"/pki/etcd/*.crt; do
  case $file in
  */ca.crt | */front-proxy-ca.crt) ;;
  *) [ ! -e "$file" ] || good <"$file" || due="$due $(basename "$file")" ;;
  esac
done
for file in "$folder"/admin.conf "$folder"/super-admin.conf "$folder"/controller-manager.conf "$folder"/scheduler.conf; do
  [ -e "$file" ] || continue
  sed -n 's/^ *client-certificate-data: //p' "$file" | base64 -d | good || due="$due $(basename "$file")"
done
[ -n "$due" ] || exit 0

echo "renewing certificates, because these expire within 90 days:$due"
kubeadm certs renew all --config "$configuration"
# At boot none of these units runs yet. --no-block, because they start after this unit: waiting for them would be a deadlock.
for unit in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  ! systemctl is-active --quiet "$unit" || running="${running-} $unit"
done
# shellcheck disable=SC2086 # several words
[ -z "${running-}" ] || systemctl restart --no-block $running
