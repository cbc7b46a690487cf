import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readFailures } from "../../../cli/diagnose/failures.ts";
import { match } from "../../../cli/diagnose/match.ts";
import { readDeclaration } from "../../../image/declaration.ts";
import { TestNode } from "../../guest/node.ts";
import { TestHypervisor } from "../../operator/hypervisor.ts";
import { healthy } from "./evidence.ts";

// The causes are recognised by what our own scripts say, so here the scripts say it.

/** The known causes of a run that failed on a step whose script printed this. */
function causesOf(resource: string, type: string, printed: string): readonly string[] {
  const lines = printed.trimEnd().replaceAll(/^/gm, "    ");
  const log = `Diagnostics:\n  ${type} (${resource}):\n${lines}\n    error:   Process exited with status 1\n`;
  const well = healthy();
  const failures = readFailures(log, { nodes: well.nodes, ready: false });
  expect(failures).toHaveLength(1);
  const failed = failures.flatMap(({ node = [] }) => node);
  return match({ ...well, log, failures, failed }).map(({ cause }) => cause.name);
}

/** A node whose programs say that it is well, up to its data disk. */
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
    ["none", {}],
    ["no record", undefined],
  ])("refuses an image with %s, which is known", (_, record) => {
    expect(init({}, record)).toEqual(["image without the contract"]);
  });

  it("refuses a machine without the data disk, which is known", () => {
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

  it("refuses an image that has no unit for the data disk, which is first of all the image's fault", () => {
    expect(init({ MACHINE: "Unit machine.service could not be found." }, { contract })).toEqual([
      "image without the contract",
      "data disk not mounted",
    ]);
  });

  it("is not taken for either when it refuses something else", () => {
    expect(init({ HOST_NAME: "localhost" }, { contract })).toEqual(["seed disk not read"]);
  });
});

it("the places where the data disk is mounted are those of its unit", () => {
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
  /** What the script says at its limit, and before it of waiting. */
  async function said(): Promise<{ readonly waiting: string; readonly late: string }> {
    const hypervisor = new TestHypervisor("echo 'error: Guest agent is not responding' >&2; exit 1");
    const environment = { MAC: "52:54:00:aa:bb:cc", LIMIT_SECONDS: "1" };
    const { status, stderr } = await hypervisor.run("read-identity", environment);
    const [waiting = "", late = "", ...rest] = stderr.trimEnd().split("\n");
    expect([status, rest]).toEqual([1, []]);
    return { waiting, late };
  }
  const causes = (text: string) => causesOf("lab-worker-node-1-host-key", "command:local:Command", text);

  it("fails at its limit, which is known, and only waits before", async () => {
    const { waiting, late } = await said();
    expect(causes(`${waiting}\n${late}\n`)).toEqual(["node not booted in time"]);
    expect(causes(`${waiting}\n`)).toEqual([]);
  });
});
