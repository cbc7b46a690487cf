# Units and generators of the base system that never run.
{ lib, ... }:
let
  inherit (import ../declaration.nix) node;
in
{
  systemd.units = lib.genAttrs (lib.concatMap (group: group.units) node.quiet) (_: {
    enable = false;
  });
  systemd.generators = lib.genAttrs node.generators.quiet (_: "/dev/null");
}
