# What nixpkgs' packages may be in the place of the declared versions: releases of the same series, which take the same arguments
# and read the same files. The end-to-end tests prove the declared versions only; the checks of the flake prove these.
{ lib, ... }:
{
  services.nodeforge.allowedVersions = lib.mapAttrs (_: lib.mkDefault) {
    kubernetes = [ "1.36" ];
    etcd = [ "3.6" ];
    containerd = [ "2" ];
    # nixpkgs keeps one release, the latest.
    flannel = [ "0" ];
    cni-plugins = [ "1" ];
    coredns = [ "1" ];
  };
}
