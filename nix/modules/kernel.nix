# Kernel modules, parameters and settings.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
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
      description = "Kernel settings that kubelet and the traffic of pods need.";
    };

    kernel = {
      modules = list defaults.kernel.modules "Kernel modules loaded at boot.";
      blacklist = list defaults.kernel.blacklist "Drivers that are never loaded, although the machine has a device for them. No node uses them.";
      parameters = list defaults.kernel.parameters "The kernel's command line: a serial console, and a restart after a panic.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    boot = {
      kernelModules = cfg.kernel.modules;
      blacklistedKernelModules = cfg.kernel.blacklist;
      kernelParams = cfg.kernel.parameters;
      kernel.sysctl = cfg.sysctl;
    };
  };
}
