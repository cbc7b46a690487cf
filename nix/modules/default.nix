# A nodeforge node. One topic per file; what a node is stands in ../node.toml.
{
  imports = [
    ./cloud-init.nix
    ./container-images.nix
    ./files.nix
    ./kernel.nix
    ./network.nix
    ./programs.nix
    ./quiet.nix
    ./ssh.nix
    ./system.nix
    ./units.nix
  ];
}
