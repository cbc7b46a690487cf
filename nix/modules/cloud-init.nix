# cloud-init: the seed disk gives a node its name, its addresses and its operator.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  settings = import ./settings.nix { inherit config lib; };
in
{
  ###### interface
  options.services.nodeforge.cloudInit = {
    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      default = defaults.cloudInit.settings;
      description = "cloud.cfg: no data source but the seed disk, no user but the seed's, and only the modules a seed may need.";
    };
    seedLabel = lib.mkOption {
      type = lib.types.strMatching "[a-zA-Z]+";
      default = defaults.cloudInit.seedLabel;
      description = "Label of the seed disk.";
    };
    seedTimeout = lib.mkOption {
      type = lib.types.str;
      default = defaults.cloudInit.seedTimeout;
      description = "How long a boot waits for the seed disk, in systemd's notation.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      (removeAttrs settings.cloudInit [ "services" ])
      {
        services.cloud-init = {
          enable = true;
          network.enable = true;
          # NixOS has settings of its own for some of them.
          settings = lib.mapAttrs (_: lib.mkForce) settings.cloudInit.services.cloud-init.settings;
        };
      }
    ]
  );
}
