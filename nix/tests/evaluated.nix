# Describes a node as nixpkgs' module system evaluates it, with fakes of NixOS' options and packages.
{
  # Folder of nixpkgs' lib.
  nixpkgsLib,
  # Further module.
  configuration ? { },
}:
let
  lib = import nixpkgsLib;
  defaults = import ../defaults.nix;

  evaluated = lib.evalModules {
    modules = [
      ./fake/nixos.nix
      ../modules
      ../image.nix
      configuration
    ];
    specialArgs = {
      modulesPath = ./fake;
      pkgs = import ./fake/packages.nix { inherit lib; };
    };
  };
  inherit (evaluated) config;
  cfg = config.services.nodeforge;
in
{
  inherit (evaluated) options;

  result = {
    node = import ./describe.nix {
      inherit config;
      inherit (cfg) images;
      # Checks the packages of the service's PATH.
      toolsOf =
        name: service:
        lib.filter (tool: lib.elem "${cfg.tools.${tool}}" (map toString service.path))
          ((cfg.units // cfg.extraUnits).${name} or defaults.blankUnit).tools;
    };
    failedAssertions = map ({ message, ... }: message) (
      lib.filter (one: !one.assertion) config.assertions
    );
    inherit (config) warnings;
    variants = lib.attrNames config.image.modules;
    hostName = config.networking.hostName;
    onPath = map (package: package.name) config.environment.systemPackages;
  };
}
