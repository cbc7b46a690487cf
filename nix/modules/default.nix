# A nodeforge node: options below services.nodeforge, one topic per file. ../node.toml declares their defaults.
{ lib, ... }:
{
  imports = [
    ./clock.nix
    ./cloud-init.nix
    ./container-images.nix
    ./files.nix
    ./kernel.nix
    ./kubelet.nix
    ./network.nix
    ./packages.nix
    ./quiet.nix
    ./ssh.nix
    ./tools.nix
    ./units.nix
  ];

  options.services.nodeforge.enable = lib.mkEnableOption "a Kubernetes node of nodeforge, whose units stay inactive until the program initializes or joins it";
}
