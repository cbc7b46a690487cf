# Configuration of a container image, in the form that dockerTools takes. Needs no nixpkgs, so the comparison with the Debian image reads it.
image:
{
  Entrypoint = image.entrypoint;
  Env = [ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" ];
}
// (if image.user == null then { } else { User = image.user; })
