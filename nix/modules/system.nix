# What makes a system of it: console, disk, and nothing that tells one node from another.
{ lib, modulesPath, ... }:
{
  imports = [ "${toString modulesPath}/profiles/minimal.nix" ];

  # virtio disks and cards, as libvirt gives them.
  boot.initrd.availableKernelModules = [
    "ata_piix"
    "sr_mod"
    "virtio_blk"
    "virtio_net"
    "virtio_pci"
    "virtio_scsi"
  ];

  # Swap is for the operator to add; nothing of the image's own.
  swapDevices = lib.mkDefault [ ];

  # Nodes are replaced by newer images, not rebuilt in place.
  nix.enable = false;
  system.stateVersion = "26.05";
}
