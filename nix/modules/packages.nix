# Packages of the declared programs, and a check of their versions.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (import ../declaration.nix) node versions;
  inherit (import ../defaults.nix) packagedAs;
  cfg = config.services.nodeforge;

  # Names of options that differ from the program's name.
  optionOf =
    name:
    {
      containerd = "containerRuntime";
      cni-plugins = "cni";
    }
    .${name} or name;

  # nixpkgs has several releases of etcd. This is the declared series.
  packageOf = name: { etcd = pkgs.etcd_3_6 or pkgs.etcd; }.${name} or pkgs.${name};

  onPath = lib.filter (program: !(program.cni or false)) node.program;

  matches = version: allowed: version == allowed || lib.hasPrefix "${allowed}." version;
  differing = lib.filterAttrs (
    name: version:
    !lib.any (matches cfg.packages.${name}.version) ([ version ] ++ cfg.allowedVersions.${name} or [ ])
  ) versions;
in
{
  ###### interface
  options.services.nodeforge =
    lib.mapAttrs' (
      name: version:
      lib.nameValuePair (optionOf name) {
        package = lib.mkOption {
          type = lib.types.package;
          default = packageOf name;
          defaultText = lib.literalExpression "pkgs.${if name == "etcd" then "etcd_3_6" else name}";
          description = "Package of ${name}, declared in version ${version}.";
        };
      }
    ) versions
    // {
      allowedVersions = lib.mkOption {
        type = lib.types.attrsOf (lib.types.listOf (lib.types.strMatching "[0-9]+(\\.[0-9]+)*"));
        default = { };
        example.kubernetes = [ "1.36" ];
        description = ''
          Versions that a package may have besides the declared one, by the program's name. `1.36` allows every 1.36.x.
          Any other version fails the evaluation, because the tests cover only the declared versions.
        '';
      };

      packages = lib.mkOption {
        type = lib.types.attrsOf lib.types.package;
        internal = true;
        readOnly = true;
        description = "The same packages, by the names of the declaration.";
      };

      programs = lib.mkOption {
        type = lib.types.attrsOf lib.types.str;
        internal = true;
        readOnly = true;
        description = "Full path of each declared program, by its name.";
      };
    };

  ###### implementation
  config = {
    services.nodeforge = {
      packages = lib.mapAttrs (name: _: cfg.${optionOf name}.package) versions;
      programs = lib.listToAttrs (
        lib.concatMap (
          program:
          map (
            name: lib.nameValuePair name (lib.getExe' cfg.packages.${program.name} (packagedAs.${name} or name))
          ) program.binaries
        ) onPath
      );
    };

    # kubeadm, the guest scripts and you call them by name.
    environment.systemPackages = lib.mkIf cfg.enable (
      map (program: cfg.packages.${program.name}) onPath
      ++ [
        pkgs.cloud-init
        pkgs.iproute2
        pkgs.nftables
        pkgs.openssl
        pkgs.util-linux
      ]
    );

    assertions = lib.mkIf cfg.enable (
      lib.mapAttrsToList (name: version: {
        assertion = false;
        message = "node.toml declares ${name} ${version}, but its package is ${cfg.packages.${name}.version}. Fix: set services.nodeforge.${optionOf name}.package, or services.nodeforge.allowedVersions.${name}";
      }) differing
    );
  };
}
