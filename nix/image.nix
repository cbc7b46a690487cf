# What makes a disk image of a node, beside the node itself: a bootable system, small, with nothing that tells one node from
# another. None of it is for a machine that is more than a node.
{
  lib,
  modulesPath,
  pkgs,
  ...
}:
let
  # The default puts a copy of all of nixpkgs' sources on the disk, and stores it as it is.
  image =
    { config, ... }:
    {
      system.build.image = lib.mkForce (
        import "${toString modulesPath}/../lib/make-disk-image.nix" {
          inherit config lib pkgs;
          inherit (config.image) baseName;
          inherit (config.virtualisation) diskSize;
          format = if config.image.format == "qcow2" then "qcow2-compressed" else config.image.format;
          partitionTableType = if config.image.efiSupport then "efi" else "legacy";
          copyChannel = false;
        }
      );
    };
in
{
  imports = [ "${toString modulesPath}/profiles/minimal.nix" ];

  services.nodeforge.enable = true;

  # `system.build.images.<name>`: nixpkgs' own disks, ours but for what they hold. The first needs no firmware, so that it boots on
  # libvirt's default machine.
  image.modules = lib.genAttrs [
    "qemu"
    "raw"
    "qemu-efi"
    "raw-efi"
  ] (_: image);

  boot = {
    # The only drivers between the boot loader and the root file system, on either of virtio's disks.
    initrd.availableKernelModules = [
      "virtio_blk"
      "virtio_pci"
      "virtio_scsi"
    ];
    # Where the serial port of a virtual machine is called otherwise.
    kernelParams = lib.mkIf pkgs.stdenv.hostPlatform.isAarch64 [ "console=ttyAMA0" ];
    # The root file system takes whatever the node's disk has more than the image.
    growPartition = true;
    # Nobody sits at the menu.
    loader.timeout = 0;
    # Each variant says it anew, and so it does of the root file system below; without, this would be no whole configuration.
    loader.grub.devices = lib.mkOverride 1200 [ "/dev/vda" ];
    # Nothing on a node is on either.
    bcache.enable = lib.mkDefault false;
    enableContainers = lib.mkDefault false;
  };

  fileSystems."/" = lib.mkDefault {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  # Swap is for the operator to add; nothing of the image's own.
  swapDevices = [ ];

  # Nodes are replaced by newer images, not rebuilt in place: no daemon that listens, no tools that would ask it. What switches
  # configurations stays, because it is what installs the boot loader when the disk is made.
  nix.enable = false;
  system.disableInstallerTools = true;

  # Beside what the minimal profile drops: documentation, default packages, what a desktop needs.
  fonts.fontconfig.enable = lib.mkDefault false;
  i18n.defaultLocale = lib.mkDefault "C.UTF-8";
  programs.nano.enable = lib.mkDefault false;
  security.polkit.enable = lib.mkDefault false;
  services.lvm.enable = lib.mkDefault false;

  system.stateVersion = "26.05";
}
