# In the place of nixpkgs' profile of this name, which needs the whole of NixOS.
{ }
