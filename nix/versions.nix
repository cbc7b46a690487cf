# Versions of nixpkgs' packages that are allowed besides the declared ones: the series of differences.nix.
{ lib, ... }:
{
  services.nodeforge.allowedVersions = lib.mapAttrs (_: { series, ... }: lib.mkDefault series) (
    import ./differences.nix
  );
}
