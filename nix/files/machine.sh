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

# blank: whether nothing was ever written to the disk. A new volume reads as zeros; a disk whose first blocks were lost does not, and can be repaired:
# ext4 keeps copies of its superblock at the start of some of its groups, which have 128 MiB each. What cannot be read is not blank either.
blank() {
  size=/sys/block/${device##*/}/size
  sectors=$(cat "$size") || return 1
  last=$((sectors / 2048 - 1))
  for mib in 0 1 128 384 640 896 1152 3200 3456 6272 $((last / 2)) "$last"; do
    [ "$mib" -le "$last" ] || continue
    dd if="$device" bs=1048576 skip="$mib" count=1 2>/dev/null | cmp -s -n 1048576 - /dev/zero || return 1
  done
}

# blkid ends with 2 when it finds nothing on a disk, and also when it cannot read it, which is no reason to erase one.
head -c 4194304 "$device" >/dev/null
code=0
blkid --probe "$device" >/dev/null || code=$?
case $code in
0) ;;
2)
  if ! blank; then
    echo "$device has data, but no file system that can be recognised, and is left as it is: e2fsck -b 32768 $device repairs an ext4 by its copy" >&2
    exit 1
  fi
  mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -L nodeforge-data "$device"
  ;;
*) echo "$device cannot be read" >&2 && exit 1 ;;
esac
data=@paths.data@
mkdir -p "$data"
if ! mountpoint -q "$data"; then
  # On one that was left in order it reads the superblock alone. Beyond 1, which is "repaired", somebody has to look.
  code=0
  timeout 900 e2fsck -p "$device" >&2 || code=$?
  if [ "$code" -gt 1 ]; then
    echo "$device has errors that are not repaired without being asked (e2fsck ended with $code), and is left as it is: e2fsck $device" >&2
    exit 1
  fi
  mount -o noatime "$device" "$data"
fi

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
