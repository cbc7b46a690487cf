# Logins: keys only, one host key, made by the node itself.
{ config, lib, ... }:
let
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  settings = import ./settings.nix { inherit config lib; };
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
      description = "Type of the one host key a node makes at its first boot.";
    };
    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = defaults.ssh.settings;
      description = "Lines of sshd_config: no passwords, and as many sessions as an operator opens at once.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      settings.ssh
      {
        services.openssh.enable = true;
        # A seed may name a user other than root.
        users.mutableUsers = true;
        security.sudo = {
          enable = true;
          # cloud-init adds this line where it is missing, but on NixOS it cannot write the file.
          extraConfig = "@includedir /etc/sudoers.d";
        };
      }
    ]
  );
}
