# Addresses, names and the packet filter.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  ports =
    default: description:
    lib.mkOption {
      type = lib.types.listOf lib.types.port;
      inherit default description;
    };
in
{
  ###### interface
  options.services.nodeforge.firewall = {
    enable = lib.mkOption {
      type = lib.types.bool;
      default = defaults.firewall.enable;
      description = "Whether the declared packet filter runs. Pods' forwarded packets are never its concern.";
    };
    tcp = ports defaults.firewall.tcp "TCP ports that are open on every node: ssh, kubelet.";
    udp = ports defaults.firewall.udp "UDP ports that are open: answers to DHCP.";
    controlPlane = ports defaults.firewall.controlPlane "TCP ports that are open beside them on the control plane: the API server.";
    extraTcp = ports defaults.firewall.extraTcp "Further TCP ports.";
    extraUdp = ports defaults.firewall.extraUdp "Further UDP ports.";
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    networking = {
      # cloud-init names the node. Set here, NixOS would put its own name back at every activation.
      hostName = "";
      # Declared interfaces only: networkd's files come from the declaration and from cloud-init.
      useDHCP = false;
      dhcpcd.enable = false;
      # The declared unit is the packet filter; a second one would drop what the first lets in.
      firewall.enable = false;
      nftables.enable = false;
    };

    systemd.network.enable = true;
    services.resolved.enable = true;
    # The program reads a new node's host key through it.
    services.qemuGuest.enable = true;

    # cloud-init writes the node's own name into it at every boot; a link into the store could not be written.
    environment.etc.hosts.mode = "0644";
  };
}
