# Evaluates the flake's outputs with the packages of a real tree of nixpkgs, without a lock, a network or a build.
# `NIXPKGS=path npm run test:nix` calls it once for each attribute.
{
  # Path of the tree.
  nixpkgs,
  # Path of the flake's folder.
  flake ? ../..,
  # Packages that the tree cannot evaluate. A derivation of the same name replaces each.
  standIns ? [ ],
  # Further module of the systems.
  configuration ? { },
}:
let
  # Only the revision of a lock would make these facts true. They appear in names of derivations.
  source = {
    outPath = nixpkgs;
    lastModifiedDate = "19700101000000";
    rev = "0000000000000000000000000000000000000000";
    shortRev = "0000000";
  };
  tree = (import (nixpkgs + "/flake.nix")).outputs { self = tree // source; };

  overlay =
    final: _:
    tree.lib.genAttrs standIns (
      name:
      final.runCommand "stand-in-of-${name}" {
        # nixpkgs then checks no script with the stand-in of shellcheck.
        passthru.compiler.bootstrapAvailable = false;
      } "mkdir $out"
    );

  replaced =
    tree
    // source
    // {
      lib = tree.lib // {
        nixosSystem =
          arguments:
          tree.lib.nixosSystem (
            arguments
            // {
              modules = arguments.modules ++ [
                { nixpkgs.overlays = [ overlay ]; }
                configuration
              ];
            }
          );
      };
      legacyPackages = tree.lib.mapAttrs (_: packages: packages.extend overlay) tree.legacyPackages;
    };

  outputs = (import (flake + "/flake.nix")).outputs {
    self = outputs;
    nixpkgs = replaced;
  };

  inherit (tree) lib;
  systems = lib.attrNames outputs.packages;

  # Attribute paths of an output that has a set for each system.
  ofSystems =
    output:
    lib.concatMap (
      system: map (name: "${output}.${system}.${name}") (lib.attrNames outputs.${output}.${system})
    ) systems;

  at = path: lib.attrByPath (lib.splitString "." path) (throw "the flake has no ${path}") outputs;

  # Derivation of each kind of output.
  derivationOf =
    path:
    let
      value = at path;
    in
    if lib.hasPrefix "nixosConfigurations." path then
      value.config.system.build.toplevel
    else if lib.hasPrefix "apps." path then
      # A string that names a program depends on the derivation of the program.
      { drvPath = lib.head (lib.attrNames (builtins.getContext value.program)); }
    else
      value;
in
{
  # Paths of all outputs that a build can name, by the output.
  attributes =
    map (name: "nixosConfigurations.${name}") (lib.attrNames outputs.nixosConfigurations)
    ++ lib.concatMap ofSystems [
      "packages"
      "checks"
      "devShells"
      "apps"
    ]
    ++ map (system: "formatter.${system}") systems;

  # Derivation of one of them.
  evaluate = path: {
    derivation = builtins.unsafeDiscardStringContext (derivationOf path).drvPath;
  };

  # Versions of the system's programs beside the declared ones, with the reason for a difference.
  versions =
    let
      inherit (outputs.nixosConfigurations.node) config;
      allowed = import ../differences.nix;
    in
    {
      release = lib.trivial.release;
      programs = lib.mapAttrsToList (name: declared: {
        inherit name declared;
        found = config.services.nodeforge.packages.${name}.version;
        inherit (allowed.${name}) because;
      }) (import ../declaration.nix).versions;
    };
}
