# Describes a node with default options, without nixpkgs: `nix-instantiate --eval --strict --json nix/tests/pure.nix`.
#
# Evaluates the implementation of each module with the declared defaults, without options and types. So every machine with Nix can
# compare the modules with the Debian image.
let
  inherit (import ../declaration.nix) node versions;
  lib = import ./small-lib.nix;
  defaults = import ../defaults.nix;

  # The comparison removes the store path.
  package = name: {
    inherit name;
    outPath = "/nix/store/00000000000000000000000000000000-${name}";
    version = versions.${name} or "0";
  };
  command = name: "${package name}/bin/${defaults.packagedAs.${name} or name}";

  units = builtins.attrValues defaults.units;
  programs = builtins.concatMap (program: program.binaries) node.program;
  called = builtins.concatMap (unit: unit.exec ++ unit.execAfter ++ unit.tools) units;

  config.services.nodeforge = defaults // {
    enable = true;
    commands = lib.genAttrs (programs ++ called) command;
    tools = lib.genAttrs called package;
    packages = lib.genAttrs (builtins.attrNames versions) package;
    images = builtins.mapAttrs (
      name: image: image // { archive = "${package name}.tar.gz"; }
    ) defaults.images;
  };

  implementationOf =
    module:
    (import module {
      inherit config lib;
      pkgs = throw "a module uses a package of nixpkgs, but the comparison has no nixpkgs";
    }).config or { };
in
import ./describe.nix {
  config = lib.mkMerge (map implementationOf (import ../modules { inherit lib; }).imports);
  inherit (defaults) images;
  toolsOf = name: _: (defaults.units.${name} or defaults.blankUnit).tools;
}
