# Container images of every node, imported before kubelet starts. A node pulls none.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;

  rootOf =
    name: paths:
    pkgs.buildEnv {
      name = "nodeforge-${name}";
      inherit paths;
      pathsToLink = [ "/" ];
    };

  contents = {
    pause = pkgs.runCommandCC "nodeforge-pause" { buildInputs = [ pkgs.glibc.static ]; } ''
      mkdir $out
      $CC -static -s -Os -Wall -Wextra -Werror -o $out/pause ${../pause.c}
    '';
    coredns = pkgs.runCommand "nodeforge-coredns" { } ''
      mkdir $out
      cp ${cfg.packages.coredns}/bin/coredns $out/coredns
    '';
    smoke = rootOf "smoke" [ pkgs.busybox ];
  };

  archiveOf =
    image:
    let
      reference = lib.splitString ":" image.name;
    in
    pkgs.dockerTools.buildImage {
      name = lib.head reference;
      tag = lib.last reference;
      copyToRoot = image.contents;
      extraCommands = "mkdir -p tmp && chmod 1777 tmp";
      config = import ../container-config.nix image;
    };

  imageOptions =
    { name, config, ... }:
    {
      options = {
        name = mkOption {
          type = types.strMatching "[a-z0-9./-]+:[a-zA-Z0-9._-]+";
          description = "Name and tag.";
        };
        entrypoint = mkOption {
          type = types.nonEmptyListOf types.str;
          description = "Program that a container runs, and its arguments.";
        };
        user = mkOption {
          type = types.nullOr types.str;
          default = null;
          description = "User and group of the program, as uid:gid. Unset means root.";
        };
        contents = mkOption {
          type = types.package;
          default =
            contents.${name}
              or (throw "services.nodeforge.images.${name}.contents is not set, and the declaration has no such image");
          defaultText = lib.literalMD "content of the declared image of the same name";
          description = "Root folder of the image.";
        };
        archive = mkOption {
          type = types.package;
          internal = true;
          default = archiveOf config;
          defaultText = lib.literalMD "made of the options above";
          description = "The image as an archive.";
        };
      };
    };
in
{
  ###### interface
  options.services.nodeforge.images = mkOption {
    type = types.attrsOf (types.submodule imageOptions);
    default = { };
    defaultText = lib.literalMD "`pause`, `coredns` and `smoke`, as declared";
    example = lib.literalExpression ''{ tool = { name = "example.local/tool:1"; entrypoint = [ "/bin/tool" ]; contents = pkgs.tool; }; }'';
    description = "Container images that containerd's store holds before kubelet starts, pinned against its garbage collection.";
  };

  ###### implementation
  config = lib.mkMerge [
    { services.nodeforge.images = lib.mapAttrs (_: lib.mapAttrs (_: lib.mkDefault)) defaults.images; }
    (lib.mkIf cfg.enable {
      systemd.services.container-images = {
        description = "Container images of the node";
        wantedBy = [ "multi-user.target" ];
        requires = [ "containerd.service" ];
        after = [ "containerd.service" ];
        before = [ "kubelet.service" ];
        restartIfChanged = false;
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          # Pinned, because kubelet's garbage collection must keep them on a full disk.
          ExecStart = lib.mapAttrsToList (
            _: image:
            "${cfg.commands.ctr} --namespace k8s.io images import --local --label io.cri-containerd.pinned=pinned ${image.archive}"
          ) cfg.images;
        };
      };
    })
  ];
}
