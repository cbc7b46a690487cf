{
  description = "Node image of nodeforge: a NixOS system from node.toml";

  # flake.lock pins the revision; `nix flake update --flake ./nix` moves it. What of a node depends on it is checked: versions.nix.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];

      node =
        system:
        lib.nixosSystem {
          modules = [
            self.nixosModules.node
            ./image.nix
            { nixpkgs.hostPlatform = system; }
          ];
        };

      images = system: (node system).config.system.build.images;
    in
    {
      # For a configuration of one's own: `services.nodeforge.enable = true;`.
      nixosModules.node.imports = [
        ./modules
        ./versions.nix
      ];

      nixosConfigurations.node = node "x86_64-linux";

      packages = lib.genAttrs systems (
        system:
        let
          variants = {
            # BIOS, one disk: boots on libvirt's default machine without firmware.
            x86_64-linux = {
              node-image = (images system).qemu;
              node-image-raw = (images system).raw;
            };
            # There is no BIOS.
            aarch64-linux = {
              node-image = (images system).qemu-efi;
              node-image-raw = (images system).raw-efi;
            };
          };
        in
        variants.${system}
        // {
          node-image-efi = (images system).qemu-efi;
          default = variants.${system}.node-image;
        }
      );

      checks = lib.genAttrs systems (
        system:
        import ./tests/machines.nix {
          inherit lib;
          pkgs = nixpkgs.legacyPackages.${system};
          module = self.nixosModules.node;
        }
      );

      formatter = lib.genAttrs systems (system: nixpkgs.legacyPackages.${system}.nixfmt);
    };
}
