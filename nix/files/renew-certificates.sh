#!/bin/sh
# Renews the control plane's certificates when any of them ends within 90 days, and has what serves with them start anew. kubeadm makes them for one
# year and renews none by itself. The CA, which is good for ten, stays.
set -eu
folder=/etc/kubernetes
configuration=/etc/nodeforge/kubeadm.yaml
seconds=$((90 * 24 * 60 * 60))

# good: whether the certificate on standard input has more than that left.
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

echo "renewing certificates; these end within 90 days:$due"
kubeadm certs renew all --config "$configuration"
# At a boot none of them runs yet. Not waited for: this unit comes before them, and they would wait for it.
for unit in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  ! systemctl is-active --quiet "$unit" || running="${running-} $unit"
done
# shellcheck disable=SC2086 # several words
[ -z "${running-}" ] || systemctl restart --no-block $running
