import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { scriptInput, startScript } from "../../guest/script.ts";
import { readSections, scriptItems } from "../../cli/diagnose/node.ts";
import type { Role } from "../../topology.ts";
import { fakePrograms } from "../cli/diagnose/programs.ts";
import { sharedFolder } from "../support/folder.ts";

const common = ["clock", "hostname", "cloud-init", "units", "failed-units", "disk", "inodes", "memory", "kernel"];
const workers = ["containerd", "kubelet", "flanneld", "kube-proxy"];
const masters = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const rest = ["container-images", "cloud-init-log"];

describe("diagnose.sh", () => {
  const folder = sharedFolder();
  beforeAll(async () => {
    await fakePrograms(folder, {
      hostname: "echo worker-node-1",
      "cloud-init": "echo no such status >&2; exit 3",
      systemctl: 'echo "systemctl $*"',
      journalctl: 'echo "journalctl $*"',
      ip: "sleep 30",
      timedatectl: "echo synchronized",
      df: "head -c 200000 /dev/zero | tr '\\0' x; echo; echo last line",
      kubectl: "echo ok",
      ctr: "printf nodeforge.local/pause:1",
    });
  });

  const run = (role: Role) => {
    const parameters = { BOUNDARY: "--8<--", ROLE: role, ITEM_LIMIT_SECONDS: 1, JOURNAL_LINES: 7 };
    const output = execFileSync("sh", ["-c", startScript({ script: "diagnose", user: "root", limitMinutes: 1 })], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      input: scriptInput([{ script: "diagnose", parameters }]),
    });
    const { sections, complete, unknown } = readSections(output, "--8<--", scriptItems[role]);
    // The script prints each expected item once, and no other.
    expect({ complete, unknown }).toEqual({ complete: true, unknown: [] });
    expect(sections.map(({ name }) => name).sort()).toEqual([...scriptItems[role]].sort());
    return new Map(sections.map(({ name, text }) => [name, text]));
  };

  it("prints every item of a worker, or the reason that it is missing", () => {
    const sections = run("worker");
    expect([...sections.keys()]).toEqual([...common, "addresses", "image", ...workers, ...rest]);
    expect(sections.get("hostname")).toBe("worker-node-1\n");
    expect(sections.get("clock")).toMatch(/^node \d+\nsynchronized\n$/);
    expect(sections.get("cloud-init")).toBe("no such status\n\n(exit code 3)\n");
    expect(sections.get("addresses")).toBe("\n(did not end within 1 s)\n");
    expect(sections.get("image")).toMatch(/No such file or directory\n\n\(exit code 1\)\n$/);
    expect(sections.get("kubelet")).toBe(
      "systemctl status --no-pager --full --lines 0 kubelet\njournalctl --no-pager --unit kubelet --lines 7\n",
    );
    expect(sections.get("container-images")).toBe("nodeforge.local/pause:1");
    expect(sections.get("disk")).toHaveLength(65_536);
    expect(sections.get("disk")).toMatch(/last line\n$/);
  });

  it("prints the units and the API server's answers of a control plane", () => {
    const sections = run("control-plane");
    expect([...sections.keys()]).toEqual([
      ...common,
      "addresses",
      "image",
      "api-server",
      "nodes",
      "join-requests",
      "join-approval",
      "kubelet-requests",
      "kubelet-approval",
      ...workers,
      ...masters,
      ...rest,
    ]);
    expect(sections.get("units")).toContain("etcd kube-apiserver");
    expect(sections.get("join-approval")).toBe("journalctl --no-pager --unit nodeforge-approve-joins --lines 7\n");
    expect(sections.get("kubelet-requests")).toMatch(/No such file or directory\n\n\(exit code 1\)\n$/);
    expect(sections.get("kubelet-approval")).toBe(
      "journalctl --no-pager --unit nodeforge-approve-kubelets --lines 7\n",
    );
  });
});
