# Allows only the declared version of containerd, and takes a package of another one.
{ lib, pkgs, ... }:
{
  services.nodeforge.allowedVersions.containerd = lib.mkForce [ ];
  services.nodeforge.containerRuntime.package = pkgs.containerd.overrideAttrs { version = "1.0.0"; };
}
