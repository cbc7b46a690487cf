# Disk image of a node: a small bootable system that holds nothing specific to one node. A machine with other tasks besides a node
# does not import this file.
{
  lib,
  modulesPath,
  pkgs,
  ...
}:
let
  # By default the disk also has a copy of nixpkgs' sources, and the image is not compressed.
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

  # Variants of nixpkgs, as `system.build.images.<name>`, with the disk above. `qemu` boots through BIOS, as libvirt's default machine does.
  image.modules = lib.genAttrs [
    "qemu"
    "raw"
    "qemu-efi"
    "raw-efi"
  ] (_: image);

  boot = {
    # Drivers that the kernel needs for the root file system on either kind of virtio disk.
    initrd.availableKernelModules = [
      "virtio_blk"
      "virtio_pci"
      "virtio_scsi"
    ];
    # The serial port has another name on this architecture.
    kernelParams = lib.mkIf pkgs.stdenv.hostPlatform.isAarch64 [ "console=ttyAMA0" ];
    # The root file system grows to the size of the node's disk.
    growPartition = true;
    # A node has no screen to show the menu on.
    loader.timeout = 0;
    # Each variant sets its own boot device and root file system. Without these defaults, the configuration itself does not evaluate.
    loader.grub.devices = lib.mkOverride 1200 [ "/dev/vda" ];
    # A node uses neither.
    bcache.enable = lib.mkDefault false;
    enableContainers = lib.mkDefault false;
  };

  fileSystems."/" = lib.mkDefault {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  # You may add swap to a node. The image has none.
  swapDevices = [ ];

  # A newer image replaces a node, so a node never rebuilds itself: it needs neither Nix' daemon nor its tools. The program that
  # switches configurations stays, because it installs the boot loader on the disk.
  nix.enable = false;
  system.disableInstallerTools = true;

  # The minimal profile already drops documentation, default packages and the programs of a desktop.
  fonts.fontconfig.enable = lib.mkDefault false;
  i18n.defaultLocale = lib.mkDefault "C.UTF-8";
  programs.nano.enable = lib.mkDefault false;
  security.polkit.enable = lib.mkDefault false;
  services.lvm.enable = lib.mkDefault false;

  system.stateVersion = "26.05";
}
