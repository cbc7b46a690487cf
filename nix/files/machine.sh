#!/bin/sh
# Prepares the machine before sshd, the guest agent and the units of Kubernetes start. Recognizes a root disk from another machine,
# mounts the data disk, and restores the ssh host key from it.
set -eu

# On another machine the root disk starts no unit of Kubernetes, because another node may have replaced this one in the cluster.
own=$(cat /sys/class/dmi/id/product_uuid 2>/dev/null || true)
if [ ! -e @paths.machine@ ] || [ "$(cat @paths.machine@)" != "$own" ]; then
  [ ! -e @paths.machine@ ] || rm -f @paths.control-plane@ @paths.joined@ /var/lib/kubelet/config.yaml
  # The file shows first-boot.service that all of cloud-init is on the disk. The guest agent reports the host key only after this
  # script, so the key is final.
  sync
  echo "$own" >@paths.machine@.new
  mv @paths.machine@.new @paths.machine@
  sync
fi

# The control plane has its data on a separate disk with this serial number. A worker has no such disk.
device=
for serial in /sys/block/vd*/serial; do
  [ "$(cat "$serial")" != nodeforge-data ] || device=/dev/$(basename "$(dirname "$serial")")
done
[ -n "$device" ] || exit 0

# blank: succeeds if the disk was never written to, because a new volume reads as zeros. A disk that lost only its first blocks does
# not. e2fsck can repair it, because ext4 keeps copies of its superblock at the start of some block groups of 128 MiB.
# A disk that cannot be read does not count as blank.
blank() {
  size=/sys/block/${device##*/}/size
  sectors=$(cat "$size") || return 1
  last=$((sectors / 2048 - 1))
  for mib in 0 1 128 384 640 896 1152 3200 3456 6272 $((last / 2)) "$last"; do
    [ "$mib" -le "$last" ] || continue
    dd if="$device" bs=1048576 skip="$mib" count=1 2>/dev/null | cmp -s -n 1048576 - /dev/zero || return 1
  done
}

# blkid exits with 2 when it finds nothing on a disk, and also when it cannot read the disk. An unreadable disk must not be
# formatted, so read it first.
head -c 4194304 "$device" >/dev/null
code=0
blkid --probe "$device" >/dev/null || code=$?
case $code in
0) ;;
2)
  if ! blank; then
    echo "$device has data, but no file system that can be recognised. It was not formatted. Fix: e2fsck -b 32768 $device repairs an ext4 from a copy of its superblock" >&2
    exit 1
  fi
  mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -L nodeforge-data "$device"
  ;;
*) echo "$device cannot be read" >&2 && exit 1 ;;
esac
data=@paths.data@
mkdir -p "$data"
if ! mountpoint -q "$data"; then
  # After a clean unmount e2fsck reads only the superblock. An exit code above 1 ("errors corrected") needs a manual repair.
  code=0
  timeout 900 e2fsck -p "$device" >&2 || code=$?
  if [ "$code" -gt 1 ]; then
    echo "$device has errors that are not repaired without being asked (e2fsck -p exited with $code). It was not mounted. Fix: e2fsck $device" >&2
    exit 1
  fi
  mount -o noatime "$device" "$data"
  # The disk may have grown while the machine was off. A smaller file system works as well, so a failure is only logged.
  timeout 300 resize2fs "$device" >&2 || echo "the file system of $device did not grow to the size of the disk" >&2
fi

# keep MODE FOLDER: mounts a folder of the data disk over FOLDER.
keep() {
  mkdir -p "$2" "$data$2"
  chmod "$1" "$data$2"
  mountpoint -q "$2" || mount --bind "$data$2" "$2"
}
keep 0700 /var/lib/etcd
keep 0755 /etc/kubernetes
keep 0755 /var/lib/kubelet/pki
mkdir -p /etc/kubernetes/manifests

# The program has pinned the host key, so a control plane on a new root disk must keep it.
key=/etc/ssh/ssh_host_ed25519_key
mkdir -p "$data/etc/ssh"
if [ -s "$data$key" ]; then
  cp -p "$data$key" "$data$key.pub" /etc/ssh/
else
  cp -p "$key.pub" "$data/etc/ssh/"
  cp -p "$key" "$data$key.new"
  # A power loss must not leave an empty key for the next root disk.
  sync
  mv "$data$key.new" "$data$key"
fi
