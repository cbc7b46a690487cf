# Versions of nixpkgs' packages that are allowed besides the declared ones. Releases of a series take the same arguments and read the
# same files. The end-to-end tests cover only the declared versions; the flake's checks cover these.
{ lib, ... }:
{
  services.nodeforge.allowedVersions = lib.mapAttrs (_: lib.mkDefault) {
    kubernetes = [ "1.36" ];
    etcd = [ "3.6" ];
    containerd = [ "2" ];
    # nixpkgs has only the latest release.
    flannel = [ "0" ];
    kwok = [ "0" ];
    cni-plugins = [ "1" ];
    coredns = [ "1" ];
  };
}
