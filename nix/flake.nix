{
  description = "Node image of nodeforge: a NixOS system from node.toml";

  # flake.lock pins the revision. `nix flake update --flake ./nix` updates it. versions.nix checks the versions of a node's programs.
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
      # For your own configuration: `services.nodeforge.enable = true;`.
      nixosModules.node.imports = [
        ./modules
        ./versions.nix
      ];

      nixosConfigurations.node = node "x86_64-linux";

      packages = lib.genAttrs systems (
        system:
        let
          variants = {
            # For BIOS: boots on libvirt's default machine, which has no EFI firmware.
            x86_64-linux = {
              node-image = (images system).qemu;
              node-image-raw = (images system).raw;
            };
            # This architecture has no BIOS.
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
