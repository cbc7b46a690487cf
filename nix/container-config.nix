# How a container of one of a node's images is started, as dockerTools wants it. Pure, for the comparison with the Debian image.
image:
{
  Entrypoint = image.entrypoint;
  Env = [ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" ];
}
// (if image.user == null then { } else { User = image.user; })
