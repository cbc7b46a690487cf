# Further kubelet configuration, dropped in after the declared one.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  owned = lib.intersectLists [ "apiVersion" "kind" ] (lib.attrNames cfg.kubelet.extraConfig);
in
{
  ###### interface
  options.services.nodeforge.kubelet.extraConfig = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = defaults.kubelet.extraConfig;
    example.maxPods = 250;
    description = "KubeletConfiguration that each node of the image drops into /var/lib/kubelet/config.d. It overrides what kubeadm wrote.";
  };

  ###### implementation
  # The file itself is one of the declared files' kind: ../settings.nix.
  config.assertions = lib.mkIf cfg.enable [
    {
      assertion = owned == [ ];
      message = "services.nodeforge.kubelet.extraConfig: ${lib.concatStringsSep ", " owned} is not for a configuration to set";
    }
  ];
}
