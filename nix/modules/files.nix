# Declared files and what must exist before anything starts.
{ config, lib, ... }:
let
  inherit (import ../declaration.nix) node;
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;
  settings = import ./settings.nix { inherit config lib; };
  # On NixOS that folder is the system's own, made of options.
  inUnits = lib.filter (lib.hasPrefix "/etc/systemd/system/") (lib.attrNames cfg.files);
in
{
  ###### interface
  options.services.nodeforge = {
    files = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = defaults.files;
      readOnly = true;
      description = "Declared files below /etc, by their path: each one's source in nix/.";
    };

    tmpfiles = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = defaults.tmpfiles;
      description = "tmpfiles.d lines: what must exist before anything starts, kubelet's drop-in directory among it.";
    };

    marker = lib.mkOption {
      type = lib.types.str;
      default = "";
      example = "2026-11-21";
      description = "Text that tells two images of the same sources apart; a node shows it in ${node.paths.image-record}.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      settings.files
      {
        assertions = [
          {
            assertion = inUnits == [ ];
            message = "node.toml: ${lib.concatStringsSep ", " inUnits} must be options here: NixOS makes /etc/systemd/system itself";
          }
        ];
      }
    ]
  );
}
