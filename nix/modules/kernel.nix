# Kernel modules, parameters and settings.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  settings = import ./settings.nix { inherit config lib; };
  list =
    default: description:
    lib.mkOption {
      type = lib.types.listOf lib.types.str;
      inherit default description;
    };
in
{
  ###### interface
  options.services.nodeforge = {
    sysctl = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = defaults.sysctl;
      description = "Kernel settings that pods' traffic and kubelet need.";
    };

    kernel = {
      modules = list defaults.kernel.modules "Kernel modules loaded at boot.";
      blacklist = list defaults.kernel.blacklist "Drivers that would be loaded because something answers to them, and that no node uses.";
      parameters = list defaults.kernel.parameters "The kernel's command line: a serial console, and a restart after a panic.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable settings.kernel;
}
