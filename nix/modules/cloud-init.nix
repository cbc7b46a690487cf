# cloud-init: the seed disk gives a node its name, its addresses and its operator.
{ lib, ... }:
let
  inherit (import ../declaration.nix) node;
  # "-" stands for "/" in the name of a device unit, so the one in by-label is escaped.
  device = "dev-disk-by\\x2dlabel-${node.seed.label}.device";
in
{
  services.cloud-init = {
    enable = true;
    network.enable = true;
    settings = lib.mapAttrs (_: lib.mkForce) node.cloud-init;
  };

  # The seed is on a disk that may appear later than cloud-init starts.
  systemd.services.cloud-init-local = {
    wants = [ device ];
    after = [ device ];
  };
  systemd.units.${device} = {
    overrideStrategy = "asDropin";
    text = ''
      [Unit]
      JobRunningTimeoutSec=${node.seed.timeout}
    '';
  };
}
