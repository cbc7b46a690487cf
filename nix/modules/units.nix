# The declared units as systemd services.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  unitOptions =
    unit:
    import ./unit-options.nix {
      inherit lib;
      defaults = unit;
    };

  units = removeAttrs (cfg.units // cfg.extraUnits) (
    lib.optionals (!cfg.firewall.enable) [
      "firewall"
      "firewall-control-plane"
    ]
  );

  # systemd on NixOS needs the full path of a program.
  commandLine = exec: lib.concatStringsSep " " ([ cfg.commands.${lib.head exec} ] ++ lib.tail exec);

  service =
    name: unit:
    let
      # A oneshot is not restarted when it ends. Every other unit is.
      isRestarted = unit.type != "oneshot";
    in
    {
      inherit (unit)
        description
        wantedBy
        wants
        after
        ;
      before = unit.before ++ lib.optional unit.early "shutdown.target";
      conflicts = lib.optional unit.early "shutdown.target";
      # A unit on NixOS has no other programs on its PATH.
      path = map (name: cfg.tools.${name} or cfg.packages.${name}) unit.tools;
      # A switch of the configuration would restart the programs that run pods and hold the cluster's data.
      restartIfChanged = false;
      unitConfig =
        lib.optionalAttrs unit.early { DefaultDependencies = false; }
        // lib.optionalAttrs (unit.condition != null) { ConditionPathExists = unit.condition; }
        # A unit that waits for another machine may fail for minutes, so systemd never gives up.
        // lib.optionalAttrs isRestarted { StartLimitIntervalSec = 0; };
      serviceConfig = {
        Type = unit.type;
        ExecStart = commandLine (unit.exec ++ unit.extraArgs);
        EnvironmentFile = unit.environmentFiles ++ map (path: "-${path}") unit.optionalEnvironmentFiles;
      }
      // lib.optionalAttrs (unit.execAfter != [ ]) { ExecStartPost = commandLine unit.execAfter; }
      // lib.optionalAttrs unit.remain { RemainAfterExit = true; }
      // lib.optionalAttrs (unit.startTimeout != null) { TimeoutStartSec = unit.startTimeout; }
      // lib.optionalAttrs isRestarted {
        Restart = cfg.restart.policy;
        RestartSec = cfg.restart.seconds;
      }
      // lib.optionalAttrs unit.sandbox cfg.sandbox
      # Without the declared lines, a unit would lack what its sandbox permits.
      // (defaults.units.${name} or defaults.blankUnit).serviceConfig
      // unit.serviceConfig;
    };

  timer = _: unit: {
    inherit (unit) description;
    wantedBy = [ "timers.target" ];
    timerConfig = {
      OnCalendar = unit.timer.calendar;
      RandomizedDelaySec = unit.timer.randomDelay;
    };
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
      description = "Further units, by name, with the options of the declared ones. `exec` also takes a name of `services.nodeforge.tools`.";
    };

    restart = {
      policy = lib.mkOption {
        type = lib.types.enum [
          "no"
          "on-failure"
          "always"
        ];
        default = defaults.restart.policy;
        description = "systemd's restart policy of every unit except a oneshot.";
      };
      seconds = lib.mkOption {
        type = lib.types.ints.unsigned;
        default = defaults.restart.seconds;
        description = "Seconds before a restart.";
      };
    };

    sandbox = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = defaults.sandbox;
      description = "Lines of the [Service] section of each unit with `sandbox`.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    systemd = {
      services = lib.mapAttrs service units;
      timers = lib.mapAttrs timer (lib.filterAttrs (_: unit: unit.timer != null) units);
    };

    assertions = [
      {
        assertion = lib.intersectLists (lib.attrNames cfg.units) (lib.attrNames cfg.extraUnits) == [ ];
        message = "services.nodeforge.extraUnits: change a declared unit under services.nodeforge.units";
      }
      # nixpkgs' module would run the same daemons a second time.
      {
        assertion = !config.services.kubernetes.kubelet.enable;
        message = "services.kubernetes.kubelet is enabled, but services.nodeforge runs kubelet. Fix: disable services.kubernetes";
      }
    ];
  };
}
