# What the options of this configuration mean in NixOS' own words: ../settings.nix, a fragment for each topic.
{ config, lib }:
let
  cfg = config.services.nodeforge;
in
import ../settings.nix {
  inherit cfg;
  inherit (cfg) marker;
  command = name: cfg.commands.${name};
  package = name: cfg.tools.${name} or cfg.packages.${name};
  archive = name: cfg.images.${name}.archive;
  versions = lib.mapAttrs (_: package: package.version) cfg.packages;
}
