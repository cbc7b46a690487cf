# Reads node.toml. Needs no nixpkgs, so every machine with Nix can compare it with the Debian image.
let
  node = builtins.fromTOML (builtins.readFile ./node.toml);

  prefixed =
    prefix: set:
    builtins.listToAttrs (
      map (name: {
        name = "${prefix}.${name}";
        value = set.${name};
      }) (builtins.attrNames set)
    );

  joinPorts = ports: builtins.concatStringsSep ", " (map toString ports);
in
{
  inherit node;

  # Name in NixOS' environment.etc of a declared file below /etc.
  etcName =
    path:
    if builtins.substring 0 5 path == "/etc/" then
      builtins.substring 5 (-1) path
    else
      throw "node.toml: file ${path}: expected a path below /etc, because NixOS makes no other files";

  # Port numbers of one protocol.
  ports = protocol: map ({ port, ... }: port) node.firewall.${protocol};

  # Text of a file that the declaration names by `source`, with every @name@ replaced by its value. The arguments are the open ports.
  fileText =
    {
      tcp,
      udp,
      controlPlane,
    }:
    source:
    let
      values = {
        "firewall.tcp" = joinPorts tcp;
        "firewall.udp" = joinPorts udp;
        "firewall.control-plane" = joinPorts controlPlane;
      }
      // prefixed "image" (builtins.mapAttrs (_: image: image.name) node.image)
      // prefixed "paths" node.paths;
      names = builtins.attrNames values;
    in
    builtins.replaceStrings (map (name: "@${name}@") names) (map (name: values.${name}) names) (
      builtins.readFile (./. + "/${source}")
    );

  # Version of each program of a node, by its name.
  versions =
    builtins.listToAttrs (
      map (program: {
        inherit (program) name;
        value = program.version;
      }) node.program
    )
    // builtins.mapAttrs (_: image: image.version) (
      builtins.removeAttrs node.image (
        builtins.filter (name: !(node.image.${name} ? version)) (builtins.attrNames node.image)
      )
    );
}
