# Outputs of the flake, evaluated by nixpkgs' module system with fakes of the rest of nixpkgs.
{
  # Folder of nixpkgs' lib.
  nixpkgsLib,
  # Path of a flake that uses this one.
  user,
}:
let
  lib = import nixpkgsLib;
  declared = import ./fake/packages.nix { inherit lib; };
  # A release of nixpkgs may have another version than the declared one.
  pkgs = declared // {
    coredns = declared.coredns // {
      version = "1.14.0";
    };
  };

  evaluate =
    modules:
    lib.evalModules {
      modules = [ ./fake/nixos.nix ] ++ modules;
      specialArgs = {
        inherit pkgs;
        modulesPath = ./fake;
      };
    };

  self = (import ../../flake.nix).outputs { inherit self nixpkgs; };

  nixpkgs = {
    # Every image of a configuration evaluates to its name, because none is built.
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
      system:
      pkgs
      // {
        stdenv = pkgs.stdenv // {
          hostPlatform = {
            isAarch64 = system == "aarch64-linux";
            inherit system;
          };
        };
      }
    );
  };

  ofUser =
    ((import user).outputs {
      inherit nixpkgs;
      nodeforge = self;
    }).nixosConfigurations.node.config;

  failedAssertions =
    config: map ({ message, ... }: message) (lib.filter (one: !one.assertion) config.assertions);
in
{
  shells = lib.mapAttrs (_: shell: {
    variables = removeAttrs shell.default [ "packages" ];
    tools = lib.listToAttrs (
      map (package: lib.nameValuePair package.name package.version) shell.default.packages
    );
    downloads = lib.catAttrs "src" shell.default.packages;
  }) self.devShells;
  apps = lib.mapAttrs (_: lib.mapAttrs (_: app: baseNameOf app.program)) self.apps;
  outputs = lib.attrNames (removeAttrs self [ "nixosModules" ]);
  inherit (self) packages;
  user = {
    failedAssertions = failedAssertions ofUser;
    inherit (ofUser.services.nodeforge.firewall) extraTcp;
  };
  record =
    builtins.fromJSON
      self.nixosConfigurations.node.config.environment.etc."nodeforge/image.json".text;
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
        failedAssertions = failedAssertions config;
        services = lib.attrNames config.systemd.services;
        daemon = config.nix.enable;
        options = config.virtualisation.qemu.options;
      }
    ) test.nodes;
  }) self.checks.x86_64-linux;
}
