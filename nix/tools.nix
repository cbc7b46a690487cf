# Package of each command that a unit may call, by the command's name. A package is part of the image only if a unit names one of
# its commands.
pkgs: {
  blkid = pkgs.util-linux;
  blockdev = pkgs.util-linux;
  busybox = pkgs.busybox;
  chronyd = pkgs.chrony;
  cmp = pkgs.diffutils;
  e2fsck = pkgs.e2fsprogs;
  findmnt = pkgs.util-linux;
  ip = pkgs.iproute2;
  lsblk = pkgs.util-linux;
  "mkfs.ext4" = pkgs.e2fsprogs;
  mke2fs = pkgs.e2fsprogs;
  mkswap = pkgs.util-linux;
  modprobe = pkgs.kmod;
  mount = pkgs.util-linux;
  mountpoint = pkgs.util-linux;
  nft = pkgs.nftables;
  openssl = pkgs.openssl;
  ps = pkgs.procps;
  resize2fs = pkgs.e2fsprogs;
  rm = pkgs.coreutils;
  runc = pkgs.runc;
  sh = pkgs.bash;
  swapoff = pkgs.util-linux;
  swapon = pkgs.util-linux;
  udevadm = pkgs.systemd;
  umount = pkgs.util-linux;
}
