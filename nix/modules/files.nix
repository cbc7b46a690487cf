# Declared files and what must exist before anything starts.
{
  config,
  lib,
  ...
}:
let
  inherit (import ../declaration.nix) node fileText versions;
  cfg = config.nodeforge;
  below = path: lib.removePrefix "/etc/" path;
in
{
  options.nodeforge.marker = lib.mkOption {
    type = lib.types.str;
    default = "";
    example = "2026-11-21";
    description = "Text that tells two images of the same sources apart; a node shows it in ${node.paths.image-record}.";
  };

  config = {
    environment.etc =
      lib.listToAttrs (map (file: lib.nameValuePair (below file.path) { text = fileText file.source; }) node.file)
      // {
        ${below node.paths.image-record}.text = builtins.toJSON {
          inherit (node) contract;
          inherit (cfg) marker;
          inherit versions;
        };
      };

    systemd.tmpfiles.rules = node.tmpfiles.rules;
  };
}
