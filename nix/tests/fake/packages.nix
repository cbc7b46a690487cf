# Fakes of the packages and functions of nixpkgs that the modules use. They evaluate, but cannot be built.
{ lib }:
let
  inherit (import ../../declaration.nix) versions;

  package = name: {
    type = "derivation";
    inherit name;
    outPath = "/nix/store/00000000000000000000000000000000-${name}";
    version = versions.${if name == "etcd_3_6" then "etcd" else name} or "0";
  };
in
lib.genAttrs [
  "bash"
  "busybox"
  "chrony"
  "cloud-init"
  "cni-plugins"
  "containerd"
  "coredns"
  "diffutils"
  "e2fsprogs"
  "etcd_3_6"
  "flannel"
  "iproute2"
  "kmod"
  "kubernetes"
  "kwok"
  "nftables"
  "openssl"
  "procps"
  "runc"
  "systemd"
  "util-linux"
  "xorriso"
] package
// {
  stdenv.hostPlatform.isAarch64 = false;
  testers.runNixOSTest = test: test;
  writeText = name: _: package name;
  glibc.static = package "glibc-static";
  buildEnv = { name, ... }: package name;
  runCommand =
    name: _: _:
    package name;
  runCommandCC =
    name: _: _:
    package name;
  # Evaluates the content, as a build would.
  dockerTools.buildImage =
    {
      name,
      tag,
      copyToRoot,
      ...
    }:
    builtins.seq copyToRoot.outPath (package "${baseNameOf name}-${tag}.tar.gz");
}
