# Which packages the declared programs come from.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (import ../declaration.nix) node versions;
  cfg = config.nodeforge;

  declared = lib.filter (program: !(program.cni or false)) node.program;

  # Where a package's program is called otherwise than the declaration calls it.
  otherNames.flanneld = "flannel";

  ofPrograms = lib.listToAttrs (
    lib.concatMap (
      program:
      map (
        name: lib.nameValuePair name "${cfg.packages.${program.name}}/bin/${otherNames.${name} or name}"
      ) program.binaries
    ) declared
  );

  differing = lib.filterAttrs (name: version: cfg.packages.${name}.version != version) versions;
in
{
  options.nodeforge = {
    packages = lib.mkOption {
      type = lib.types.attrsOf lib.types.package;
      description = "Package of each program in the declaration, by the program's name.";
    };

    tools = lib.mkOption {
      type = lib.types.attrsOf lib.types.package;
      description = "Package of each further command that a unit calls, by the command's name.";
    };

    commands = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      readOnly = true;
      description = "Full path of everything a unit may execute, by its name.";
    };
  };

  config = {
    nodeforge.packages = lib.mapAttrs (_: lib.mkDefault) {
      inherit (pkgs)
        cni-plugins
        containerd
        coredns
        etcd
        flannel
        kubernetes
        ;
    };

    nodeforge.tools = lib.mapAttrs (_: lib.mkDefault) {
      blkid = pkgs.util-linux;
      busybox = pkgs.busybox;
      ip = pkgs.iproute2;
      mke2fs = pkgs.e2fsprogs;
      modprobe = pkgs.kmod;
      mount = pkgs.util-linux;
      mountpoint = pkgs.util-linux;
      nft = pkgs.nftables;
      ps = pkgs.procps;
      runc = pkgs.runc;
      sh = pkgs.bash;
      umount = pkgs.util-linux;
      containerd-shim-runc-v2 = cfg.packages.containerd;
    };

    nodeforge.commands = ofPrograms // lib.mapAttrs (name: package: "${package}/bin/${name}") cfg.tools;

    # kubeadm and the guest scripts call them by name.
    environment.systemPackages = map (program: cfg.packages.${program.name}) declared ++ [
      pkgs.nftables
      pkgs.util-linux
    ];

    systemd.tmpfiles.rules = [ "L+ ${node.paths.cni-plugins} - - - - ${cfg.packages.cni-plugins}/bin" ];

    warnings = lib.mapAttrsToList (
      name: version: "nodeforge declares ${name} ${version}, but its package is ${cfg.packages.${name}.version}"
    ) differing;
  };
}
