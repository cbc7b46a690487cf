# The declared unit keeps the clock, in place of NixOS' own service.
{ config, lib, ... }:
let
  cfg = config.services.nodeforge;
in
{
  config = lib.mkIf cfg.enable {
    # Two services would each set the clock.
    services.timesyncd.enable = false;

    # Debian's package creates this user. The declared unit names it on both systems.
    users.users._chrony = {
      isSystemUser = true;
      group = "_chrony";
    };
    users.groups._chrony = { };
  };
}
