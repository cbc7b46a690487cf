# Warns of something.
{
  warnings = [ "test/nix/broken/warning.nix warns" ];
}
