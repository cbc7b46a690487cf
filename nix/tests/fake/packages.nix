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
  "autoPatchelfHook"
  "bash"
  "busybox"
  "cdrkit"
  "chrony"
  "cloud-init"
  "cni-plugins"
  "containerd"
  "coredns"
  "coreutils"
  "deadnix"
  "diffutils"
  "dnsmasq"
  "e2fsprogs"
  "etcd_3_6"
  "flannel"
  "gcc"
  "git"
  "go"
  "iproute2"
  "iptables"
  "kmod"
  "kubernetes"
  "kwok"
  "libvirt"
  "libxslt"
  "nftables"
  "nixfmt"
  "nodejs_24"
  "openssh"
  "openssl"
  "procps"
  "qemu_kvm"
  "runc"
  "shellcheck"
  "systemd"
  "util-linux"
  "xorriso"
] package
// {
  inherit lib;
  stdenv = {
    hostPlatform = {
      isAarch64 = false;
      system = "x86_64-linux";
    };
    cc.cc.lib = package "gcc-lib";
    mkDerivation = attributes: package attributes.pname // attributes;
  };
  fetchurl = source: source;
  mkShell = attributes: attributes;
  writeShellApplication =
    application: package application.name // application // { meta.mainProgram = application.name; };
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
