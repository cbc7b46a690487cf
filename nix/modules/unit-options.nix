# Options of one unit. `defaults` has the default of each.
{ lib, defaults }:
let
  inherit (lib) mkOption types;
  option =
    name:
    { type, text }:
    mkOption {
      inherit type;
      default = defaults.${name};
      description = text;
    };
  words = types.listOf (types.strMatching "[^[:space:]]+");
  listOfUnits = types.listOf (
    types.strMatching ".+\\.(automount|device|mount|path|service|slice|socket|swap|target|timer)"
  );
in
{
  options = lib.mapAttrs option {
    description = {
      type = types.singleLineStr;
      text = "Description that `systemctl status` shows.";
    };
    type = {
      type = types.enum [
        "exec"
        "notify"
        "oneshot"
      ];
      text = "systemd's type of the service. Every unit except a oneshot is restarted when it ends.";
    };
    exec = {
      type = words;
      text = "Name of the program, and its arguments. systemd replaces `\${NAME}` by one word and `$NAME` by several, from the environment files.";
    };
    extraArgs = {
      type = words;
      text = "Further arguments, after those of `exec`.";
    };
    execAfter = {
      type = words;
      text = "Program and arguments. The unit counts as started once this program has succeeded.";
    };
    condition = {
      type = types.nullOr (types.strMatching "!?/.*");
      text = "Path. The unit starts only if it exists or, after `!`, if it does not.";
    };
    after = {
      type = listOfUnits;
      text = "Units after which this one starts.";
    };
    before = {
      type = listOfUnits;
      text = "Units before which this one starts.";
    };
    wants = {
      type = listOfUnits;
      text = "Units that start with this one.";
    };
    wantedBy = {
      type = listOfUnits;
      text = "Targets that start this unit.";
    };
    early = {
      type = types.bool;
      text = "Whether the unit starts before the system's basic targets.";
    };
    remain = {
      type = types.bool;
      text = "Whether a oneshot counts as active after its end.";
    };
    environmentFiles = {
      type = types.listOf types.path;
      text = "Files with environment variables. The unit fails if one is missing.";
    };
    optionalEnvironmentFiles = {
      type = types.listOf types.path;
      text = "Files with environment variables. A missing one is ignored.";
    };
    startTimeout = {
      type = types.nullOr types.str;
      text = "Time limit of the start, in systemd's notation.";
    };
    tools = {
      type = words;
      text = "Programs on the unit's PATH. Each is a name of `services.nodeforge.tools`.";
    };
    sandbox = {
      type = types.bool;
      text = "Whether the unit has the restrictions of `services.nodeforge.sandbox`.";
    };
    serviceConfig = {
      type = types.attrsOf types.str;
      text = "Further lines of its [Service] section. A line replaces the one of the same key that the sandbox or the declaration has; the others stay.";
    };
    timer = {
      type = types.nullOr (
        types.submodule {
          options = {
            calendar = mkOption {
              type = types.str;
              # The description of `timer` covers both.
              visible = false;
              description = "Times at which the unit starts, in systemd's notation.";
            };
            randomDelay = mkOption {
              type = types.str;
              default = "0";
              visible = false;
              description = "Limit of a random delay.";
            };
          };
        }
      );
      text = "Starts the unit repeatedly: at the times of `calendar`, after a random delay of at most `randomDelay`.";
    };
  };
}
