# Functions of nixpkgs' lib that the modules' implementations call, reduced to the needs of default options.
builtins
// rec {
  # With one definition of each option, priorities and delayed conditions have no effect.
  mkIf = condition: content: if condition then content else { };
  mkMerge = builtins.foldl' merge { };
  mkForce = content: content;
  mkDefault = content: content;

  # Merges as the module system does: attribute sets by name, lists by concatenation.
  merge =
    left: right:
    if builtins.isList left then
      left ++ right
    else
      left
      // builtins.mapAttrs (
        name: value: if left ? ${name} then merge left.${name} value else value
      ) right;

  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: values: if condition then values else [ ];
  optionalAttrs = condition: set: if condition then set else { };

  nameValuePair = name: value: { inherit name value; };
  genAttrs = names: f: builtins.listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrs' = f: set: builtins.listToAttrs (mapAttrsToList f set);
  mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
  filterAttrs =
    keep: set:
    removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));
}
