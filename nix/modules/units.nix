# The declared units as systemd services.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  settings = import ./settings.nix { inherit config lib; };
  unitOptions =
    unit:
    import ./unit-options.nix {
      inherit lib;
      defaults = unit;
    };
in
{
  ###### interface
  options.services.nodeforge = {
    # An option for each declared unit: a configuration that changes one argument keeps the rest.
    units = lib.mapAttrs (
      name: unit:
      lib.mkOption {
        type = lib.types.submodule (unitOptions unit);
        default = { };
        description = "Unit ${name}: ${unit.description}.";
      }
    ) defaults.units;

    extraUnits = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule (unitOptions defaults.blankUnit));
      default = defaults.extraUnits;
      example.node-exporter = {
        description = "Metrics of the machine";
        exec = [ "node_exporter" ];
        tools = [ "node_exporter" ];
      };
      description = "Further units, by name, in the words of the declared ones. The programs they start are `tools`, too.";
    };

    restart = {
      policy = lib.mkOption {
        type = lib.types.enum [
          "no"
          "on-failure"
          "always"
        ];
        default = defaults.restart.policy;
        description = "When a unit that stays running is started again.";
      };
      seconds = lib.mkOption {
        type = lib.types.ints.unsigned;
        default = defaults.restart.seconds;
        description = "Seconds before it is.";
      };
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable (
    settings.units
    // {
      assertions = [
        {
          assertion = lib.intersectLists (lib.attrNames cfg.units) (lib.attrNames cfg.extraUnits) == [ ];
          message = "services.nodeforge.extraUnits: change a declared unit under services.nodeforge.units";
        }
        # The declared units are the whole of it: nixpkgs' own modules for the same daemons stay off.
        {
          assertion = !config.services.kubernetes.kubelet.enable;
          message = "nodeforge brings its own units: services.kubernetes must stay off";
        }
      ];
    }
  );
}
