# Addresses, names and the packet filter.
{
  networking = {
    # cloud-init names the node. Set here, NixOS would put its own name back at every activation.
    hostName = "";
    # Declared interfaces only: networkd's files come from the declaration and from cloud-init.
    useDHCP = false;
    # The declared unit is the packet filter; a second one would drop what the first lets in.
    firewall.enable = false;
  };

  systemd.network.enable = true;
  services.resolved.enable = true;
  services.qemuGuest.enable = true;
}
