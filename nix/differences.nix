# Versions that the NixOS image may have besides those of node.toml, and the reason. A version outside of these series fails the
# evaluation. `npm run test:nix` prints the versions of a tree of nixpkgs beside the declared ones.
#
# The end-to-end tests run on the Debian image, so they cover only the declared versions. The flake's checks cover these.
{
  kubernetes = {
    series = [ "1.36" ];
    because = "nixpkgs has one release of the series; a series keeps its flags and its formats of files";
  };
  etcd = {
    series = [ "3.6" ];
    because = "nixpkgs has one release of the series; a series keeps its flags and its format of data";
  };
  containerd = {
    series = [
      "2.2"
      "2.3"
    ];
    because = "nixpkgs has only the latest release; its source has the settings of nix/files/containerd.toml, and no test has run with it";
  };
  flannel = {
    series = [
      "0.26"
      "0.27"
      "0.28"
    ];
    because = "nixpkgs has only the latest release; the unit flanneld passes flags that all three series have";
  };
  kwok = {
    series = [
      "0.7"
      "0.8"
    ];
    because = "nixpkgs has only the latest release; only simulated nodes need it";
  };
  cni-plugins = {
    series = [ "1.9" ];
    because = "nixpkgs has one release of the series";
  };
  coredns = {
    series = [
      "1.14"
      "1.15"
    ];
    because = "nixpkgs has only the latest release; the two are not compared";
  };
}
