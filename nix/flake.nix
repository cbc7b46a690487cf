{
  description = "Node image of nodeforge: a NixOS system from node.toml";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      system = "x86_64-linux";
    in
    {
      nixosModules.node = ./modules;

      nixosConfigurations.node = nixpkgs.lib.nixosSystem {
        inherit system;
        modules = [ self.nixosModules.node ];
      };

      # BIOS, one disk: boots on libvirt's default machine without firmware.
      packages.${system} = rec {
        node-image = self.nixosConfigurations.node.config.system.build.images.qemu;
        default = node-image;
      };
    };
}
