# The tools of the program and of its tests: `nix develop`, and `nix run .#up`.
#
# Pulumi and kubectl have the versions and checksums of tools/versions.json, because the program refuses another Pulumi. It builds its
# plugins with Go at the first run: no official release of them has a known checksum.
{ pkgs }:
let
  inherit (pkgs) lib stdenv;
  versions = builtins.fromJSON (builtins.readFile ../tools/versions.json);

  # Name of this architecture in the file names of a project's releases.
  released =
    names:
    names.${stdenv.hostPlatform.system}
      or (throw "nix/shell.nix: no release for ${stdenv.hostPlatform.system}, expected ${lib.concatStringsSep " or " (lib.attrNames names)}");

  pulumiFile = "pulumi-v${versions.pulumi}-linux-${
    released {
      x86_64-linux = "x64";
      aarch64-linux = "arm64";
    }
  }.tar.gz";

  kubectlArchitecture = released {
    x86_64-linux = "amd64";
    aarch64-linux = "arm64";
  };

  # The CLI with its language host for Node.
  pulumi = stdenv.mkDerivation {
    pname = "pulumi";
    version = versions.pulumi;
    src = pkgs.fetchurl {
      url = "https://github.com/pulumi/pulumi/releases/download/v${versions.pulumi}/${pulumiFile}";
      sha256 = versions.sha256.${pulumiFile};
    };
    nativeBuildInputs = [ pkgs.autoPatchelfHook ];
    buildInputs = [ stdenv.cc.cc.lib ];
    # Stripping a program of Go may break it.
    dontStrip = true;
    installPhase = ''
      runHook preInstall
      install -D --target-directory $out/bin pulumi pulumi-language-nodejs
      runHook postInstall
    '';
    meta.mainProgram = "pulumi";
  };

  kubectl = stdenv.mkDerivation {
    pname = "kubectl";
    version = versions.kubernetes;
    src = pkgs.fetchurl {
      url = "https://dl.k8s.io/release/v${versions.kubernetes}/bin/linux/${kubectlArchitecture}/kubectl";
      sha256 = versions.sha256."kubectl-v${versions.kubernetes}-linux-${kubectlArchitecture}";
    };
    dontUnpack = true;
    dontStrip = true;
    installPhase = ''
      runHook preInstall
      install -D $src $out/bin/kubectl
      runHook postInstall
    '';
    meta.mainProgram = "kubectl";
  };

  # tools/requirements.ts lists the programs of each purpose.
  tools = {
    program = [
      pkgs.nodejs_24
      pkgs.git
      pkgs.util-linux
      pulumi
      kubectl
    ];
    building = [
      pkgs.go
      pkgs.gcc
    ];
    provisioning = [
      pkgs.cdrkit
      pkgs.libxslt
      pkgs.openssh
    ];
    # The daemon is the machine's own: `virtualisation.libvirtd.enable` on NixOS.
    hypervisor = [
      pkgs.libvirt
      pkgs.qemu_kvm
      pkgs.dnsmasq
      pkgs.iptables
    ];
    checking = [
      pkgs.shellcheck
      pkgs.openssl
      pkgs.nixfmt
      pkgs.deadnix
    ];
  };

  environment = {
    # npm's Node needs a loader that NixOS lacks, so tools/with-packages takes this one.
    NODEFORGE_NIX_NODE = "${pkgs.nodejs_24}/bin/node";
    # Go downloads the compiler that a go.mod names, and checks it.
    GOTOOLCHAIN = "auto";
  };
in
{
  shell = pkgs.mkShell (environment // { packages = lib.concatLists (lib.attrValues tools); });

  up = pkgs.writeShellApplication {
    name = "nodeforge-up";
    runtimeInputs = lib.concatLists (lib.attrValues (removeAttrs tools [ "checking" ]));
    runtimeEnv = environment;
    text = ''
      if [[ ! -f cli/main.ts || ! -f Pulumi.yaml ]]; then
        echo "$PWD is not a checkout of nodeforge, expected one with cli/main.ts and Pulumi.yaml. Fix: cd to the checkout" >&2
        exit 1
      fi
      exec npm run --silent up -- "$@"
    '';
  };
}
