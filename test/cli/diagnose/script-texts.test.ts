import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readFailures } from "../../../cli/diagnose/failures.ts";
import { match } from "../../../cli/diagnose/match.ts";
import type { ScriptCall } from "../../../guest/script.ts";
import { readDeclaration } from "../../../image/declaration.ts";
import { TestNode } from "../../guest/node.ts";
import { TestHypervisor } from "../../operator/hypervisor.ts";
import { healthy } from "./evidence.ts";

// Known causes recognise messages of our own scripts, so these tests run the scripts.

/** Returns the known causes of a run that failed in a step whose script printed this. */
function causesOf(resource: string, type: string, printed: string): readonly string[] {
  const lines = printed.trimEnd().replaceAll(/^/gm, "    ");
  const log = `Diagnostics:\n  ${type} (${resource}):\n${lines}\n    error:   Process exited with status 1\n`;
  const well = healthy();
  const failures = readFailures(log, { nodes: well.nodes, ready: false });
  expect(failures).toHaveLength(1);
  const failed = failures.flatMap(({ node = [] }) => node);
  return match({ ...well, log, failures, failed }).map(({ cause }) => cause.name);
}

/** Programs of a node without a problem except its data disk. */
const programs = `
timeout() { shift; "$@"; }
kubeadm() { echo v1.36.3; }
flock() { :; }
cloud-init() { :; }
hostname() { echo "\${HOST_NAME:-master}"; }
mountpoint() { return "\${MOUNTED:-1}"; }
systemctl() { printf '%s\\n' "\${MACHINE-}" >&2; }
`;
const parameters = { NODE_NAME: "master" };
const { contract, paths } = readDeclaration();

describe("the first step of a control plane", () => {
  const init = (environment: Record<string, string>, record?: object) => {
    const node = new TestNode(programs);
    if (record !== undefined) node.write("image.json", JSON.stringify(record));
    const { status, stderr } = node.run({ script: "init-control-plane", parameters }, environment);
    expect(status).toBe(1);
    return causesOf("lab-master-init", "command:remote:Command", stderr);
  };

  it.each([
    ["another contract", { contract: contract - 1 }],
    ["a record without a contract", {}],
    ["no record", undefined],
  ])("refuses an image with %s for a known cause", (_, record) => {
    expect(init({}, record)).toEqual(["image without the contract"]);
  });

  it("refuses a machine without its data disk for a known cause", () => {
    expect(init({}, { contract })).toEqual(["data disk not mounted"]);
    const machine = readFileSync("nix/files/machine.sh", "utf8");
    const unreadable = /echo "(\$device cannot be read)"/.exec(machine)?.[1]?.replace("$device", "/dev/vdc") ?? "";
    expect(unreadable).toContain("/dev/vdc");
    expect(init({ MACHINE: `sh[312]: ${unreadable}` }, { contract })).toEqual(["data disk not mounted"]);
    const left = [...machine.matchAll(/echo "(\$device has .*)" >&2/g)].map(([, said = ""]) => said);
    expect(left).toHaveLength(2);
    for (const said of left) {
      expect(init({ MACHINE: `sh[312]: ${said}` }, { contract })).toEqual([
        "data disk damaged",
        "data disk not mounted",
      ]);
    }
  });

  it("refuses an image without a unit for the data disk, with the image as the first cause", () => {
    expect(init({ MACHINE: "Unit machine.service could not be found." }, { contract })).toEqual([
      "image without the contract",
      "data disk not mounted",
    ]);
  });

  it("matches neither cause when it refuses another host name", () => {
    expect(init({ HOST_NAME: "localhost" }, { contract })).toEqual(["seed disk not read"]);
  });
});

describe("a step of a worker", () => {
  const step = (call: ScriptCall, programs: string, environment = {}, input = "") => {
    const node = new TestNode(programs);
    node.write("image.json", JSON.stringify({ contract }));
    if (call.script === "leave")
      node.write("nodeforge-drain", "DRAIN_TIMEOUT_MINUTES=0\nDRAIN_GRACE_SECONDS=1\nDRAIN_POLICY=fail\n");
    const { status, stderr } = node.run(call, environment, input);
    expect(status).toBe(1);
    return causesOf(`lab-worker-node-1-${call.script === "join" ? "join" : "token"}`, "command:remote:Command", stderr);
  };

  it("fails to join without a token for a known cause", () => {
    const names = ["NODE_ADDRESS", "CLUSTER_NAME", "CLUSTER_DOMAIN", "POD_CIDR", "SERVICE_CIDR"];
    const others = Object.fromEntries(names.map((name) => [name, "x"]));
    const call = { script: "join", parameters: { NODE_NAME: "worker-node-1", ...others } } as const;
    expect(step(call, programs, { HOST_NAME: "worker-node-1" }, "{}")).toEqual(["name taken in the cluster"]);
  });

  it("gets no token while another machine has its name, for a known cause", () => {
    const kubectl = "kubectl() { echo True 192.168.222.99; }";
    const parameters = { WORKER_NAME: "worker-node-1", WORKER_ADDRESS: "192.168.222.100", TOKEN_TTL_MINUTES: 30 };
    expect(step({ script: "mint-token", parameters }, kubectl)).toEqual(["name taken in the cluster"]);
  });

  it("fails to leave when its pods cannot be drained, for a known cause", () => {
    const kubectl = `kubectl() { case $1 in drain) return 1 ;; get) echo " True" ;; esac; }`;
    const parameters = {
      WORKER_NAME: "worker-node-1",
      WORKER_ADDRESS: "192.168.222.100",
      WORKER_MAC: "52:54:00:00:00:01",
    };
    expect(step({ script: "leave", parameters }, kubectl)).toEqual(["pods block a drain"]);
  });
});

it("a full data disk is recognised at every mount point of its unit", () => {
  const machine = readFileSync("nix/files/machine.sh", "utf8");
  const kept = [...machine.matchAll(/^keep \d+ (\S+)$/gm)].map(([, place = ""]) => place);
  expect(kept).toHaveLength(3);
  for (const place of [paths.data, ...kept]) {
    const text = `Filesystem  Size  Used Avail Use% Mounted on\n/dev/vdb  9.8G  9.8G  0 100% ${place}\n`;
    const well = healthy();
    const items = [...well.items, { name: "disk", node: "master", text }];
    expect(match({ ...well, items }).map(({ cause }) => cause.name)).toEqual(["data disk full"]);
  }
});

describe("reading the identity of a machine", () => {
  /** Returns the script's message while it waits, and its message at the limit. */
  async function said(): Promise<{ readonly waiting: string; readonly late: string }> {
    const hypervisor = new TestHypervisor("echo 'error: Guest agent is not responding' >&2; exit 1");
    const environment = { MAC: "52:54:00:aa:bb:cc", LIMIT_SECONDS: "1" };
    const { status, stderr } = await hypervisor.run("read-identity", environment);
    const [waiting = "", late = "", ...rest] = stderr.trimEnd().split("\n");
    expect([status, rest]).toEqual([1, []]);
    return { waiting, late };
  }
  const causes = (text: string) => causesOf("lab-worker-node-1-host-key", "command:local:Command", text);

  it("fails at its limit for a known cause, and its earlier message matches none", async () => {
    const { waiting, late } = await said();
    expect(causes(`${waiting}\n${late}\n`)).toEqual(["node not booted in time"]);
    expect(causes(`${waiting}\n`)).toEqual([]);
  });
});
