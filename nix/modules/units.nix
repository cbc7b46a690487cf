# The declared units as systemd services.
{ config, lib, ... }:
let
  inherit (import ../declaration.nix) node;
  inherit (config.nodeforge) commands packages tools;

  # systemd on NixOS finds no program by its bare name.
  command = exec: lib.concatStringsSep " " ([ commands.${lib.head exec} ] ++ lib.tail exec);

  service =
    unit:
    let
      repeats = unit.type != "oneshot";
      early = unit.early or false;
    in
    {
      inherit (unit) description;
      wantedBy = unit.wanted-by or [ "multi-user.target" ];
      wants = unit.wants or [ ];
      after = unit.after or [ ];
      before = (unit.before or [ ]) ++ lib.optional early "shutdown.target";
      conflicts = lib.optional early "shutdown.target";
      # Programs a unit calls by name; NixOS gives it no others.
      path = map (name: tools.${name}) (unit.tools or [ ]);
      # A switch of the configuration must not restart what runs pods and holds the cluster's data.
      restartIfChanged = false;
      unitConfig =
        lib.optionalAttrs early { DefaultDependencies = false; }
        // lib.optionalAttrs (unit ? condition) { ConditionPathExists = unit.condition; }
        # A unit that waits for something outside this machine may fail for minutes: never give up.
        // lib.optionalAttrs repeats { StartLimitIntervalSec = 0; };
      serviceConfig = {
        Type = unit.type;
        ExecStart = command unit.exec;
        EnvironmentFile =
          (unit.environment-files or [ ]) ++ map (path: "-${path}") (unit.optional-environment-files or [ ]);
      }
      // lib.optionalAttrs (unit ? exec-after) { ExecStartPost = command unit.exec-after; }
      // lib.optionalAttrs (unit.remain or false) { RemainAfterExit = true; }
      // lib.optionalAttrs (unit ? start-timeout) { TimeoutStartSec = unit.start-timeout; }
      // lib.optionalAttrs repeats {
        Restart = node.restart.policy;
        RestartSec = node.restart.seconds;
      }
      // (unit.service or { });
    };
in
{
  config = {
    systemd.services = lib.listToAttrs (map (unit: lib.nameValuePair unit.name (service unit)) node.unit);

    # The declared units are the whole of it: nixpkgs' own modules for the same daemons stay off.
    assertions = [
      {
        assertion = packages ? kubernetes && !config.services.kubernetes.kubelet.enable;
        message = "nodeforge brings its own units: services.kubernetes must stay off";
      }
    ];
  };
}
