#!/bin/busybox sh
# shellcheck shell=dash
# First process of a node: finds and mounts the root file system, then starts systemd from it.
set -eu
busybox mkdir -p /dev /proc /sys /root
busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys

for module in /modules/*.ko; do
  busybox insmod "$module"
done

# A disk appears a moment after its driver is loaded. After 30 s this script gives up; the console shows the reason above the kernel's panic.
waited=0
until device=$(busybox findfs LABEL=@label@ 2>/dev/null); do
  if [ "$waited" -ge 300 ]; then
    echo "no disk with a file system labelled @label@ appeared within 30 s" >&2
    exit 1
  fi
  waited=$((waited + 1))
  busybox sleep 0.1
done

# Mounted read-write at once, because the journal repairs the file system. A check before the mount would gain nothing.
busybox mount -t ext4 -o rw,noatime,noinit_itable "$device" /root
busybox umount /sys /proc
busybox mount -o move /dev /root/dev
exec busybox switch_root /root /usr/lib/systemd/systemd
