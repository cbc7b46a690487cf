# Logins: keys only. Each node makes its own host key.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;

  # NixOS names one of the settings differently, and types some: yes and no of sshd are true and false in NixOS.
  nameOf = name: { UseDNS = "UseDns"; }.${name} or name;
  valueOf =
    value:
    {
      yes = true;
      no = false;
    }
    .${value} or value;
in
{
  ###### interface
  options.services.nodeforge.ssh = {
    hostKeyType = lib.mkOption {
      type = lib.types.enum [
        "ed25519"
        "ecdsa"
        "rsa"
      ];
      default = defaults.ssh.hostKeyType;
      description = "Type of the host key that a node makes at its first boot.";
    };
    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = defaults.ssh.settings;
      description = "Settings of sshd_config: no passwords, and a limit of sessions that the program does not reach.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    services.openssh = {
      enable = true;
      hostKeys = [
        {
          type = cfg.ssh.hostKeyType;
          path = "/etc/ssh/ssh_host_${cfg.ssh.hostKeyType}_key";
        }
      ];
      settings = lib.mapAttrs' (
        name: value: lib.nameValuePair (nameOf name) (valueOf value)
      ) cfg.ssh.settings;
    };

    # cloud-init gives a seed's user this shell, but NixOS has none at this path.
    systemd.tmpfiles.rules = [ "L+ /bin/bash - - - - /run/current-system/sw/bin/bash" ];

    # A seed may name a user other than root.
    users.mutableUsers = true;
    security.sudo = {
      enable = true;
      # cloud-init adds this line where it is missing, but on NixOS it cannot write the file.
      extraConfig = "@includedir /etc/sudoers.d";
    };
  };
}
