# A nodeforge node: options under services.nodeforge. One topic per file; what a node is stands in ../node.toml.
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

  options.services.nodeforge.enable = lib.mkEnableOption "a Kubernetes node of nodeforge, which is quiet until the program that made it hands it its part";
}
