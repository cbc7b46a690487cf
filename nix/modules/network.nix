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
      description = "Whether the declared packet filter runs. It never filters the forwarded packets of pods.";
    };
    tcp = ports defaults.firewall.tcp "TCP ports that are open on every node: ssh and kubelet.";
    udp = ports defaults.firewall.udp "UDP ports that are open: answers to DHCP.";
    controlPlane = ports defaults.firewall.controlPlane "Further TCP ports that are open on the control plane: the API server.";
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
      # The declared unit is the packet filter. A second one would drop packets that the first accepts.
      firewall.enable = false;
      nftables.enable = false;
    };

    systemd.network.enable = true;
    services.resolved.enable = true;
    # The program reads a new node's host key through the guest agent.
    services.qemuGuest.enable = true;

    # cloud-init writes the node's name into this file at every boot, so it must not be a link into the read-only store.
    environment.etc.hosts.mode = "0644";
  };
}
