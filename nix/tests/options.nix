# Options of services.nodeforge, for docs/nixos-options.md.
{
  # Folder of nixpkgs' lib.
  nixpkgsLib,
}:
let
  lib = import nixpkgsLib;
  evaluated = import ./evaluated.nix { inherit nixpkgsLib; };
  ours = lib.filter (
    option: lib.hasPrefix "services.nodeforge." option.name && option.visible && !option.internal
  ) (lib.optionAttrSetToDocList evaluated.options);
in
map (option: {
  inherit (option) name type;
  description = option.description.text or option.description;
  default = option.default.text or null;
  example = option.example.text or null;
}) ours
