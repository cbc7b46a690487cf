# The functions of nixpkgs' lib that the modules' implementations call, as far as a configuration without changes needs them.
builtins
// rec {
  # One configuration has no other definition to override, and no condition that depends on itself.
  mkIf = condition: content: if condition then content else { };
  mkMerge = builtins.foldl' merge { };
  mkForce = content: content;
  mkDefault = content: content;

  # As the module system merges: attribute sets by name, lists in a row.
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
