import { expect, it } from "vitest";
import { checkedUri, uriProblem } from "../../hypervisor/uri.ts";

it.each([
  "qemu:///system",
  "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
  "qemu+ssh://host/system",
  "qemu+ssh://build-user@host.example:2222/system?keyfile=/home/me/.ssh/lab key&mode=direct",
  "qemu+ssh://root@[fd00::1]/system?sshauth=privkey,agent",
  "qemu+tls://host/system",
])("%s may be used", (uri) => {
  expect(uriProblem(uri)).toBeUndefined();
  expect(checkedUri(uri)).toBe(uri);
});

const form = "a URI such as qemu:///system or qemu+ssh://user@host/system";
const transport = "a connection by ssh or tls, such as qemu+ssh://user@host/system";
const parameter = (name: string) =>
  `a URI with no parameters but keyfile, mode, socket, sshauth, not \`${name}\` with this value`;

it.each([
  ["qemu+ssh://host/system?command=/tmp/x", parameter("command")],
  ["qemu+ssh://host/system?netcat=/tmp/x", parameter("netcat")],
  ["qemu+ssh://host/system?keyfile=/k&command=/tmp/x", parameter("command")],
  ["qemu+ssh://host/system?%63ommand=/tmp/x", parameter("command")],
  ["qemu+ssh://host/system?Command=/tmp/x", parameter("Command")],
  ["qemu+ssh://host/system?no_verify=1", parameter("no_verify")],
  ["qemu+ssh://host/system?known_hosts_verify=ignore", parameter("known_hosts_verify")],
  ["qemu+ssh://host/system?known_hosts=/repository/keys", parameter("known_hosts")],
  ["qemu+tls://host/system?pkipath=/repository", parameter("pkipath")],
  ["qemu+ssh://host/system?keyfile=-oProxyCommand=x", parameter("keyfile")],
  ["qemu+ssh://host/system?keyfile=/a'b", parameter("keyfile")],
  ["qemu+ssh://host/system?keyfile=/a&proxy=/x?command=/y", form],
  ["qemu+ssh://host/system;command=/tmp/x", form],
  ["qemu+ssh://-oProxyCommand=x/system", form],
  ["qemu+ssh://-l@host/system", form],
  ["qemu+ssh://host name/system", form],
  ["qemu+ssh:///system", form],
  ["qemu://host/system", form],
  ["xen:///system", form],
  ["test:///default", form],
  ["", form],
  ["qemu+tcp://host/system", transport],
  ["qemu+ext:///system?command=/tmp/x", transport],
  ["qemu+libssh2://host/system", transport],
  ["qemu:///session", "the system's daemon, such as qemu:///system"],
  ["qemu+ssh://host/session", "the system's daemon, such as qemu:///system"],
])("%s is refused", (uri, wanted) => {
  expect(uriProblem(uri)).toBe(wanted);
  expect(() => checkedUri(uri)).toThrow(`libvirt is not asked: wanted ${wanted}, got ${JSON.stringify(uri)}`);
});
