# Fake of nixpkgs' profile of this name, which needs all of NixOS.
{ }
