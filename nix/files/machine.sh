#!/bin/sh
# What a boot finds out about the machine it is in, before sshd, the guest agent and anything of Kubernetes.
set -eu

# A root disk that wakes up in another machine keeps quiet: what it was in its cluster, another node may be by now.
own=$(cat /sys/class/dmi/id/product_uuid 2>/dev/null || true)
if [ -e @paths.machine@ ] && [ "$(cat @paths.machine@)" != "$own" ]; then
  rm -f @paths.control-plane@ @paths.joined@ /var/lib/kubelet/config.yaml
fi
echo "$own" >@paths.machine@

# The control plane's data is on a disk of its own, known by its serial number; nothing else has such a disk.
device=
for serial in /sys/block/vd*/serial; do
  [ "$(cat "$serial")" != nodeforge-data ] || device=/dev/$(basename "$(dirname "$serial")")
done
[ -n "$device" ] || exit 0

# blkid ends with 2 when it finds nothing on a disk, and also when it cannot read it, which is no reason to erase one.
head -c 4194304 "$device" >/dev/null
code=0
blkid --probe "$device" >/dev/null || code=$?
case $code in
0) ;;
2) mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -L nodeforge-data "$device" ;;
*) echo "$device cannot be read" >&2 && exit 1 ;;
esac
data=@paths.data@
mkdir -p "$data"
mountpoint -q "$data" || mount -o noatime "$device" "$data"

# keep MODE DIRECTORY: what is below the directory lives on the data disk from here on.
keep() {
  mkdir -p "$2" "$data$2"
  chmod "$1" "$data$2"
  mountpoint -q "$2" || mount --bind "$data$2" "$2"
}
keep 0700 /var/lib/etcd
keep 0755 /etc/kubernetes
keep 0755 /var/lib/kubelet/pki
mkdir -p /etc/kubernetes/manifests

# A control plane on a new root disk is the same host to whoever has pinned its key.
key=/etc/ssh/ssh_host_ed25519_key
mkdir -p "$data/etc/ssh"
if [ -s "$data$key" ]; then
  cp -p "$data$key" "$data$key.pub" /etc/ssh/
else
  cp -p "$key.pub" "$data/etc/ssh/"
  cp -p "$key" "$data$key.new"
  mv "$data$key.new" "$data$key"
fi
