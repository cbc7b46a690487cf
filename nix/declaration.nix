# Reads node.toml. Needs nothing but Nix itself, so that it can be evaluated, and compared with the Debian builder, anywhere.
let
  node = builtins.fromTOML (builtins.readFile ./node.toml);

  joinPorts = ports: builtins.concatStringsSep ", " (map ({ port, ... }: toString port) ports);

  # What @name@ in a file stands for.
  values =
    {
      "firewall.tcp" = joinPorts node.firewall.tcp;
      "firewall.udp" = joinPorts node.firewall.udp;
    }
    // prefixed "image" (builtins.mapAttrs (_: image: image.name) node.image)
    // prefixed "paths" node.paths;

  prefixed =
    prefix: set:
    builtins.listToAttrs (
      map (name: {
        name = "${prefix}.${name}";
        value = set.${name};
      }) (builtins.attrNames set)
    );

  placeholders = builtins.attrNames values;
in
{
  inherit node;

  # Text of a file the declaration names by `source`, with every @value@ filled in.
  fileText =
    source:
    builtins.replaceStrings (map (name: "@${name}@") placeholders) (map (name: values.${name}) placeholders) (
      builtins.readFile (./. + "/${source}")
    );

  # Every program of a node: name and version.
  versions =
    builtins.listToAttrs (
      map (program: {
        inherit (program) name;
        value = program.version;
      }) node.program
    )
    // {
      coredns = node.image.coredns.version;
    };
}
