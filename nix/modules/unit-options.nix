# Options of one unit. `defaults` has a value for each.
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
      text = "What `systemctl status` calls it.";
    };
    type = {
      type = types.enum [
        "exec"
        "notify"
        "oneshot"
      ];
      text = "When systemd takes it for started. All but a oneshot are started again when they end.";
    };
    exec = {
      type = words;
      text = "Program, by its name, and arguments. `\${NAME}` is one word and `$NAME` several, out of the environment files.";
    };
    extraArgs = {
      type = words;
      text = "Arguments after those of `exec`.";
    };
    execAfter = {
      type = words;
      text = "Program and arguments that must end well before the unit counts as started.";
    };
    condition = {
      type = types.nullOr (types.strMatching "!?/.*");
      text = "A path without which the unit stays quiet; with which, after `!`.";
    };
    after = {
      type = listOfUnits;
      text = "Units it starts after.";
    };
    before = {
      type = listOfUnits;
      text = "Units it starts before.";
    };
    wants = {
      type = listOfUnits;
      text = "Units that start with it.";
    };
    wantedBy = {
      type = listOfUnits;
      text = "Targets that start it.";
    };
    early = {
      type = types.bool;
      text = "Starts before the system's basic targets.";
    };
    remain = {
      type = types.bool;
      text = "A oneshot that counts as active after its end.";
    };
    environmentFiles = {
      type = types.listOf types.path;
      text = "Files with its variables.";
    };
    optionalEnvironmentFiles = {
      type = types.listOf types.path;
      text = "The same, where they exist.";
    };
    startTimeout = {
      type = types.nullOr types.str;
      text = "Limit of its start, in systemd's notation.";
    };
    tools = {
      type = words;
      text = "Programs it calls by name: its PATH. Each is a name of `services.nodeforge.tools`.";
    };
    serviceConfig = {
      type = types.attrsOf types.str;
      text = "Further lines of its [Service] section.";
    };
    timer = {
      type = types.nullOr (
        types.submodule {
          options = {
            calendar = mkOption {
              type = types.str;
              # The option above says what they are.
              visible = false;
              description = "When, in systemd's notation.";
            };
            randomDelay = mkOption {
              type = types.str;
              default = "0";
              visible = false;
              description = "Up to how much later.";
            };
          };
        }
      );
      text = "What starts it again and again.";
    };
  };
}
