# What keeps the clock: the declared unit, in place of NixOS' own.
{ config, lib, ... }:
let
  cfg = config.services.nodeforge;
in
{
  config = lib.mkIf cfg.enable {
    # Two of them would each set the clock.
    services.timesyncd.enable = false;

    # Debian's package brings this user along; what it runs as is one text for both.
    users.users._chrony = {
      isSystemUser = true;
      group = "_chrony";
    };
    users.groups._chrony = { };
  };
}
