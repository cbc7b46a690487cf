# The flake's outputs, with nixpkgs' module system and stand-ins for the rest of it.
{
  # Folder of nixpkgs' lib.
  nixpkgsLib,
}:
let
  lib = import nixpkgsLib;
  pkgs = import ./stand-in-packages.nix { inherit lib; };

  evaluate =
    modules:
    lib.evalModules {
      modules = [ ./stand-ins.nix ] ++ modules;
      specialArgs = {
        inherit pkgs;
        modulesPath = ./stand-ins;
      };
    };

  self = (import ../flake.nix).outputs {
    inherit self;
    nixpkgs = {
      # A configuration has all its images; none is built.
      lib = lib // {
        nixosSystem =
          { modules }:
          let
            inherit (evaluate modules) config;
          in
          {
            inherit config;
          }
          // {
            config = config // {
              system = config.system // {
                build.images = lib.mapAttrs (name: _: name) config.image.modules;
              };
            };
          };
      };
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        _: pkgs // { nixfmt = "nixfmt"; }
      );
    };
  };
in
{
  outputs = lib.attrNames (removeAttrs self [ "nixosModules" ]);
  inherit (self) packages;
  versions = self.nixosConfigurations.node.config.services.nodeforge.allowedVersions;
  checks = lib.mapAttrs (_: test: {
    inherit (test) testScript;
    nodes = lib.mapAttrs (
      _: node:
      let
        inherit (evaluate [ node ]) config;
      in
      {
        inherit (config.system) name;
        failedAssertions = map ({ message, ... }: message) (
          lib.filter (one: !one.assertion) config.assertions
        );
        services = lib.attrNames config.systemd.services;
        daemon = config.nix.enable;
        options = config.virtualisation.qemu.options;
      }
    ) test.nodes;
  }) self.checks.x86_64-linux;
}
