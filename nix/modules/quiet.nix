# Units and generators of the base system that never run.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  settings = import ./settings.nix { inherit config lib; };
in
{
  ###### interface
  options.services.nodeforge.quiet = {
    units = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = defaults.quiet.units;
      description = "Units of the base system that never run; where a system has none of that name, nothing happens.";
    };
    generators = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = defaults.quiet.generators;
      description = "systemd's generators that are not asked.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    systemd = settings.quiet.systemd // {
      # nixpkgs makes a unit of every service it knows, and enables it: only force keeps one of those quiet.
      units = lib.mapAttrs (_: lib.mapAttrs (_: lib.mkForce)) settings.quiet.systemd.units;
    };
  };
}
