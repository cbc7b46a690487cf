# Units and generators of the base system that never run.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
in
{
  ###### interface
  options.services.nodeforge.quiet = {
    units = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = defaults.quiet.units;
      description = "Units of the base system that never run. A name that the system does not have is ignored.";
    };
    generators = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = defaults.quiet.generators;
      description = "systemd generators that never run.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    systemd = {
      # nixpkgs makes a unit of every service that it knows and enables it. Only mkForce overrides that.
      units = lib.genAttrs cfg.quiet.units (_: {
        enable = lib.mkForce false;
      });
      generators = lib.genAttrs cfg.quiet.generators (_: "/dev/null");
    };
  };
}
