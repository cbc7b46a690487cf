# cloud-init: the seed disk gives a node its name, its addresses and its user.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;

  # systemd writes "/" as "-" in the name of a device unit, so the hyphen of by-label is escaped.
  seedDevice = "dev-disk-by\\x2dlabel-${cfg.cloudInit.seedLabel}.device";
in
{
  ###### interface
  options.services.nodeforge.cloudInit = {
    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      default = defaults.cloudInit.settings;
      description = "cloud.cfg. The seed disk is the only data source and its user the only user. Only modules that a seed may need run.";
    };
    seedLabel = lib.mkOption {
      type = lib.types.strMatching "[a-zA-Z]+";
      default = defaults.cloudInit.seedLabel;
      description = "Label of the seed disk.";
    };
    seedTimeout = lib.mkOption {
      type = lib.types.str;
      default = defaults.cloudInit.seedTimeout;
      description = "Time that a boot waits for the seed disk, in systemd's notation.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    services.cloud-init = {
      enable = true;
      network.enable = true;
      # mkForce, because NixOS has other defaults for some of them.
      settings = lib.mapAttrs (_: lib.mkForce) cfg.cloudInit.settings;
    };

    systemd = {
      # The generator of cloud-init would make this file, and `cloud-init status` looks for it.
      tmpfiles.rules = [
        "d /run/cloud-init 0755 root root -"
        "f /run/cloud-init/enabled"
      ];
      # The disk of the seed may appear after cloud-init starts.
      services.cloud-init-local = {
        wants = [ seedDevice ];
        after = [ seedDevice ];
      };
      units.${seedDevice} = {
        overrideStrategy = "asDropin";
        text = ''
          [Unit]
          JobRunningTimeoutSec=${cfg.cloudInit.seedTimeout}
        '';
      };
    };
  };
}
