# Names a package that nixpkgs lacks.
{ pkgs, ... }:
{
  services.nodeforge.tools.probe = pkgs.no-such-program-of-nodeforge;
  services.nodeforge.extraUnits.probe.exec = [ "probe" ];
}
