# A node with nothing changed, described without nixpkgs: `nix-instantiate --eval --strict --json nix/tests/pure.nix`.
let
  inherit (import ../declaration.nix) versions;
  defaults = import ../defaults.nix;
  # Any store path does: the comparison takes it off again.
  store = name: "/nix/store/00000000000000000000000000000000-${name}";

  settings = import ../settings.nix {
    cfg = defaults;
    command = name: "${store name}/bin/${defaults.packagedAs.${name} or name}";
    package = store;
    archive = name: "${store name}.tar.gz";
    inherit versions;
  };

  # As the module system would: sets are merged, lists joined.
  merge =
    left: right:
    if builtins.isList left then
      left ++ right
    else
      left
      // builtins.mapAttrs (
        name: value: if left ? ${name} then merge left.${name} value else value
      ) right;
in
import ./describe.nix {
  config = builtins.foldl' merge { } (builtins.attrValues settings);
  inherit (defaults) images;
  toolsOf = name: _: (defaults.units.${name} or defaults.blankUnit).tools;
}
