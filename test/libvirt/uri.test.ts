import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkedUri, isDefaultDaemon, isLocal, isSystemDaemon, uriProblem } from "../../libvirt/uri.ts";
import { problemsOf } from "../support/settings.ts";

it.each([
  "qemu:///system",
  "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
  "qemu+ssh://host/system",
  "qemu+ssh://build-user@host.example:2222/system?keyfile=/home/me/.ssh/lab key&mode=direct",
  "qemu+ssh://root@[fd00::1]/system?sshauth=privkey,agent",
  "qemu+tls://host/system",
  "qemu://host/system",
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
  ["qemu+ssh://host/system?keyfile=/a&keyfile=/b", "a URI with the parameter `keyfile` once"],
  ["qemu:///system?constructor=1", parameter("constructor")],
  ["qemu:///system?name=test:///default", parameter("name")],
  ["xen:///system", form],
  ["test:///default", form],
  ["", form],
  ["qemu+tcp://host/system", transport],
  ["qemu+ext:///system?command=/tmp/x", transport],
  ["qemu+libssh2://host/system", transport],
  ["qemu:///session", "the system's daemon, such as qemu:///system"],
  ["qemu+ssh://host/session", "the system's daemon, such as qemu:///system"],
])("%s is refused", (uri, expected) => {
  expect(uriProblem(uri)).toBe(expected);
  expect(problemsOf({ libvirtUri: uri })).toEqual([{ key: "libvirtUri", expected, given: JSON.stringify(uri) }]);
  if (!/no_verify|known_hosts|pkipath|^qemu\+tcp/.test(uri)) {
    expect(() => checkedUri(uri)).toThrow(
      `the libvirt URI is not used: expected ${expected}, got ${JSON.stringify(uri)}`,
    );
  }
});

it.each([
  ["qemu+ssh://host/system?no_verify=1", parameter("no_verify")],
  ["qemu+ssh://host/system?known_hosts_verify=ignore&keyfile=/k", parameter("known_hosts_verify")],
  ["qemu+tls://host/system?pkipath=/pki", parameter("pkipath")],
  ["qemu+tcp://host/system", transport],
])("%s in the state of a running stack may be used until the settings replace it", (uri, expected) => {
  expect(uriProblem(uri)).toBe(expected);
  expect(checkedUri(uri)).toBe(uri);
});

it.each(["qemu+ssh://host/system?no_verify=1&command=/tmp/x", "qemu+tcp://host/system?netcat=/tmp/x"])(
  "%s is not used, even if it is in the state",
  (uri) => {
    expect(() => checkedUri(uri)).toThrow("the libvirt URI is not used: expected a URI with no parameters but");
  },
);

it("an error shows a URI without its password", () => {
  const [problem] = problemsOf({ libvirtUri: "qemu+ssh://root:hunter2@host/system" });
  expect(problem).toMatchObject({ key: "libvirtUri", given: '"qemu+ssh://root:...@host/system"' });
});

it("every file that reads the URI of the settings checks it", () => {
  const reading = globSync([
    "cli/**/*.ts",
    "libvirt/*.ts",
    "tools/*.ts",
    "operator/*.ts",
    "preflight/*.ts",
    "lifecycle/*.ts",
  ]).filter((path) => /get\("libvirtUri"\)/.test(readFileSync(path, "utf8")));
  // Add a new file to this list only if it checks the URI before every use.
  expect(reading.sort()).toEqual([
    "cli/diagnose/collect.ts",
    "cli/doctor/doctor.ts",
    "cli/hypervisor-uri.ts",
    "cli/runs/surroundings.ts",
    "cli/session.ts",
  ]);
  for (const path of reading.slice(0, -1)) expect(readFileSync(path, "utf8"), path).toMatch(/uriProblem\(|virshFor\(/);
});

it.each([
  { uri: "qemu:///system", local: true, system: true, usual: true },
  { uri: "qemu+unix:///system", local: true, system: true, usual: true },
  { uri: "qemu+unix:///system?socket=/run/other", local: true, system: true, usual: false },
  { uri: "qemu:///session", local: true, system: false, usual: false },
  { uri: "qemu+ssh://host/system", local: false, system: true, usual: false },
  { uri: "qemu+ssh://host/system?keyfile=/k", local: false, system: true, usual: false },
  { uri: "qemu+ssh://host/session", local: false, system: false, usual: false },
  { uri: "qemu://host/system", local: false, system: true, usual: false },
])(
  "$uri: local $local, a system daemon $system, on its default socket here $usual",
  ({ uri, local, system, usual }) => {
    expect([isLocal(uri), isSystemDaemon(uri), isDefaultDaemon(uri)]).toEqual([local, system, usual]);
  },
);
