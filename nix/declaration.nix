# Reads node.toml. Needs nothing but Nix itself, so that it can be evaluated, and compared with the Debian builder, anywhere.
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

  # Path of a declared file below /etc, as NixOS' environment.etc names it.
  etcName =
    path:
    if builtins.substring 0 5 path == "/etc/" then
      builtins.substring 5 (-1) path
    else
      throw "node.toml: file ${path}: NixOS makes files below /etc only";

  # Port numbers of one protocol.
  ports = protocol: map ({ port, ... }: port) node.firewall.${protocol};

  # Text of a file the declaration names by `source`, with every @value@ filled in; ports are the ones that are let in.
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

  # Every program of a node: name and version.
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
