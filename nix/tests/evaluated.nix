# The same of the real modules, evaluated by nixpkgs' module system against stand-ins for NixOS' options and packages.
{
  # Folder of nixpkgs' lib.
  nixpkgsLib,
  # A further configuration, as a path.
  configuration ? { },
}:
let
  lib = import nixpkgsLib;
  defaults = import ../defaults.nix;

  evaluated = lib.evalModules {
    modules = [
      ./stand-ins.nix
      ../modules
      ../image.nix
      configuration
    ];
    specialArgs = {
      modulesPath = ./stand-ins;
      pkgs = import ./stand-in-packages.nix { inherit lib; };
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
      # By the packages that really are on its path.
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
