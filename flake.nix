{
  description = "Kubernetes clusters on libvirt: the node image (NixOS), the tools, and the program";

  # flake.lock pins the revision. `nix flake update` moves it. nix/versions.nix lists the versions that may differ from node.toml.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forSystems = lib.genAttrs systems;
      pkgsOf = system: nixpkgs.legacyPackages.${system};

      node =
        system:
        lib.nixosSystem {
          modules = [
            self.nixosModules.node
            ./nix/image.nix
            { nixpkgs.hostPlatform = system; }
          ];
        };

      images = system: (node system).config.system.build.images;
      shellOf = system: import ./nix/shell.nix { pkgs = pkgsOf system; };
    in
    {
      # For your own configuration: `services.nodeforge.enable = true;`.
      nixosModules.node.imports = [
        ./nix/modules
        ./nix/versions.nix
      ];

      nixosConfigurations = {
        node = node "x86_64-linux";
        node-aarch64 = node "aarch64-linux";
      };

      packages = forSystems (
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

      # `nix develop`: every tool of the program and of its tests.
      devShells = forSystems (system: {
        default = (shellOf system).shell;
      });

      # `nix run .#up`: `npm run up` of the checkout in the current folder, with the tools of the shell.
      apps = forSystems (system: rec {
        up = {
          type = "app";
          program = lib.getExe (shellOf system).up;
          meta.description = "Creates or changes the cluster of the checkout in the current folder";
        };
        default = up;
      });

      checks = forSystems (
        system:
        import ./nix/tests/machines.nix {
          inherit lib;
          pkgs = pkgsOf system;
          module = self.nixosModules.node;
        }
      );

      formatter = forSystems (system: (pkgsOf system).nixfmt);
    };
}
