# Further kubelet configuration, read after the declared one.
{ config, lib, ... }:
let
  inherit (import ../declaration.nix) etcName;
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  inherit (cfg.kubelet) extraConfig;

  file = "/etc/nodeforge/kubelet-extra.conf";
  fixed = lib.intersectLists [ "apiVersion" "kind" ] (lib.attrNames extraConfig);
in
{
  ###### interface
  options.services.nodeforge.kubelet.extraConfig = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = defaults.kubelet.extraConfig;
    example.maxPods = 250;
    description = "KubeletConfiguration that each node of the image has in /var/lib/kubelet/config.d. It overrides the configuration that kubeadm wrote.";
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    environment.etc = lib.optionalAttrs (extraConfig != { }) {
      ${etcName file}.text = builtins.toJSON (
        {
          apiVersion = "kubelet.config.k8s.io/v1beta1";
          kind = "KubeletConfiguration";
        }
        // extraConfig
      );
    };

    # kubelet reads drop-ins in the order of their names: this one after the declared one.
    systemd.tmpfiles.rules = lib.optional (
      extraConfig != { }
    ) "L+ /var/lib/kubelet/config.d/50-extra.conf - - - - ${file}";

    assertions = [
      {
        assertion = fixed == [ ];
        message = "services.nodeforge.kubelet.extraConfig sets ${lib.concatStringsSep ", " fixed}, which the module sets. Fix: remove it";
      }
    ];
  };
}
