# Container images every node has, imported before kubelet starts: nothing is ever pulled.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (import ../declaration.nix) node;
  inherit (config.nodeforge) commands packages;

  contents = {
    pause = pkgs.runCommandCC "nodeforge-pause" { } ''
      mkdir $out
      $CC -static -Os -o $out/pause ${../pause.c}
    '';
    coredns = pkgs.runCommand "nodeforge-coredns" { } ''
      mkdir $out
      cp ${packages.coredns}/bin/coredns $out/coredns
    '';
    smoke = pkgs.pkgsStatic.busybox;
  };

  archive =
    name: image:
    let
      reference = lib.splitString ":" image.name;
    in
    pkgs.dockerTools.buildImage {
      name = lib.head reference;
      tag = lib.last reference;
      copyToRoot = contents.${name};
      config = {
        Entrypoint = image.entrypoint;
      }
      // lib.optionalAttrs (image ? user) { User = image.user; };
    };
in
{
  systemd.services.container-images = {
    description = "Container images of the node";
    wantedBy = [ "multi-user.target" ];
    requires = [ "containerd.service" ];
    after = [ "containerd.service" ];
    before = [ "kubelet.service" ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      # Pinned: kubelet's garbage collection leaves them, however full the disk is.
      ExecStart = lib.mapAttrsToList (
        name: image:
        "${commands.ctr} --namespace k8s.io images import --local --label io.cri-containerd.pinned=pinned ${archive name image}"
      ) node.image;
    };
  };
}
