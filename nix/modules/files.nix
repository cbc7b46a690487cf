# Declared files, the image record, and the files and folders that exist before any unit starts.
{ config, lib, ... }:
let
  inherit (import ../declaration.nix) node fileText etcName;
  defaults = import ../defaults.nix;
  cfg = config.services.nodeforge;

  textOf = fileText {
    tcp = cfg.firewall.tcp ++ cfg.firewall.extraTcp;
    udp = cfg.firewall.udp ++ cfg.firewall.extraUdp;
    inherit (cfg.firewall) controlPlane;
  };

  # NixOS writes this folder from its own options.
  inUnits = lib.filter (lib.hasPrefix "/etc/systemd/system/") (lib.attrNames cfg.files);
in
{
  ###### interface
  options.services.nodeforge = {
    files = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = defaults.files;
      readOnly = true;
      description = "Declared files below /etc: the path of each, and its source in nix/.";
    };

    tmpfiles = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = defaults.tmpfiles;
      description = "Lines of tmpfiles.d: files and folders that exist before any unit starts, such as kubelet's drop-in folder.";
    };

    marker = lib.mkOption {
      type = lib.types.str;
      default = defaults.marker;
      example = "2026-11-21";
      description = "Text that distinguishes two images built from the same sources. A node shows it in ${node.paths.image-record}.";
    };
  };

  ###### implementation
  config = lib.mkIf cfg.enable {
    environment.etc =
      lib.mapAttrs' (path: source: lib.nameValuePair (etcName path) { text = textOf source; }) cfg.files
      // {
        ${etcName node.paths.image-record}.text = builtins.toJSON {
          inherit (node) contract;
          inherit (cfg) marker;
          versions = lib.mapAttrs (_: package: package.version) cfg.packages;
        };
      };

    systemd.tmpfiles.rules = cfg.tmpfiles ++ [
      "L+ ${node.paths.cni-plugins} - - - - ${cfg.packages.cni-plugins}/bin"
    ];

    assertions = [
      {
        assertion = inUnits == [ ];
        message = "node.toml declares ${lib.concatStringsSep ", " inUnits}, but NixOS writes /etc/systemd/system from its own options";
      }
    ];
  };
}
