# Packages of the commands that units call.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.nodeforge;
  units = lib.attrValues (cfg.units // cfg.extraUnits);
  called = lib.unique (
    lib.concatMap (unit: lib.take 1 unit.exec ++ lib.take 1 unit.execAfter ++ unit.tools) units
  );
  unknown = lib.filter (name: !(cfg.commands ? ${name})) called;
in
{
  ###### interface
  options.services.nodeforge = {
    tools = lib.mkOption {
      type = lib.types.attrsOf lib.types.package;
      default = { };
      defaultText = lib.literalMD "nixpkgs' packages of the declared units' commands";
      example = lib.literalExpression "{ node_exporter = pkgs.prometheus-node-exporter; }";
      description = "Package of each command that a unit calls, by the command's name. Declared programs need no entry.";
    };

    commands = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      internal = true;
      readOnly = true;
      description = "Full path of each program that a unit may execute, by its name.";
    };
  };

  ###### implementation
  config = {
    services.nodeforge = {
      tools = lib.mapAttrs (_: lib.mkDefault) (import ../tools.nix pkgs) // {
        containerd-shim-runc-v2 = lib.mkDefault cfg.packages.containerd;
        kubeadm = lib.mkDefault cfg.packages.kubernetes;
      };
      commands = cfg.programs // lib.mapAttrs (name: package: lib.getExe' package name) cfg.tools;
    };

    assertions = lib.mkIf cfg.enable [
      {
        assertion = unknown == [ ];
        message = "services.nodeforge.tools has no package for ${lib.concatStringsSep ", " unknown}, but a unit calls it";
      }
    ];
  };
}
