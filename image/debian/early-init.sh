#!/bin/busybox sh
# shellcheck shell=dash
# The first process of a node: finds the root file system and hands over to systemd.
set -eu
busybox mkdir -p /dev /proc /sys /root
busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys

for module in /modules/*.ko; do
  busybox insmod "$module"
done

# A disk appears a moment after its driver. When it has not after half a minute, the panic that follows names the reason on the console.
waited=0
until device=$(busybox findfs LABEL=@label@ 2>/dev/null); do
  if [ "$waited" -ge 300 ]; then
    echo "no disk with a file system labelled @label@ appeared within 30 s" >&2
    exit 1
  fi
  waited=$((waited + 1))
  busybox sleep 0.1
done

# Written to from the start: the journal makes the file system whole again, and nothing is gained by a check before that.
busybox mount -t ext4 -o rw,noatime,noinit_itable "$device" /root
busybox umount /sys /proc
busybox mount -o move /dev /root/dev
exec busybox switch_root /root /usr/lib/systemd/systemd
