# Logins: keys only, one host key, made by the node itself.
let
  inherit (import ../declaration.nix) node;
  type = node.ssh.host-key-type;
in
{
  services.openssh = {
    enable = true;
    hostKeys = [
      {
        inherit type;
        path = "/etc/ssh/ssh_host_${type}_key";
      }
    ];
    # NixOS types some of sshd's settings: what is yes or no there is true or false here.
    settings = builtins.mapAttrs (
      _: value:
      {
        yes = true;
        no = false;
      }
      .${value} or value
    ) node.ssh.settings;
  };

  # A seed may name a user other than root.
  security.sudo.enable = true;
  users.mutableUsers = true;
}
