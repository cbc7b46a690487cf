# Kernel modules, parameters and settings.
let
  inherit (import ../declaration.nix) node;
in
{
  boot = {
    kernelModules = node.kernel.modules;
    blacklistedKernelModules = node.kernel.blacklist;
    kernelParams = node.kernel.parameters;
    kernel.sysctl = node.sysctl;
  };
}
