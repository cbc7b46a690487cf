import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { describeReason } from "../../../cli/plan/node-change.ts";
import { readRevision } from "../../../cli/plan/revision.ts";
import { settingsFacts, type Revisions } from "../../../cli/plan/settings-facts.ts";
import { renderSummary } from "../../../cli/plan/summary.ts";
import { readSettings } from "../../../cli/stack/settings.ts";
import { inCheckout } from "../../../lib/checkout.ts";

/** Settings of the stack lab that sets only these, with the defaults of this project. */
function settings(values: object) {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const configFile = join(folder, "Pulumi.lab.yaml");
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`nodeforge:${key}`, value as unknown]),
  );
  writeFileSync(configFile, stringify({ config }));
  return readSettings({ stack: "lab", configFile }, inCheckout());
}

const two = {
  masterName: "master",
  workers: 2,
  image: "https://images.example/node.qcow2",
  imageSha256: "a".repeat(64),
};

/** Facts of a change from the settings `two`. */
function facts(after: object, more: Partial<Revisions> = {}) {
  return settingsFacts({
    stack: "lab",
    base: "main",
    before: settings(two),
    after: settings({ ...two, ...after }),
    files: [],
    runs: [],
    ...more,
  });
}

/** Changed nodes of a change from the settings `two`, one a line. */
function lines(after: object, more: Partial<Revisions> = {}): readonly string[] {
  return facts(after, more).changes.map(
    ({ node, change, reasons }) =>
      `${node} ${change}${reasons.map((reason) => ` | ${describeReason(reason)}`).join("")}`,
  );
}

describe("two versions of the settings", () => {
  test("without a difference change no node", () => {
    expect(lines({})).toEqual([]);
    expect(facts({}).diff).toBe("");
  });

  test.each([
    [{ workers: 3 }, ["worker-node-3 added"]],
    [{ workers: 1 }, ["worker-node-2 removed"]],
    [{ masterMemoryMiB: 4096 }, ["master replaced | memory 2048 MiB → 4096 MiB"]],
    [
      { workerVcpus: 4, workerDiskGiB: 30 },
      [1, 2].map((number) => `worker-node-${number} replaced | vCPUs 2 → 4 | root disk 20 GiB → 30 GiB`),
    ],
    [
      { imageSha256: "b".repeat(64) },
      ["master", "worker-node-1", "worker-node-2"].map(
        (name) => `${name} replaced | image aaaaaaaaaaaa → bbbbbbbbbbbb`,
      ),
    ],
    [{ controlPlaneArguments: { apiServer: { v: 2 } } }, ["master updated | settings of the control plane"]],
    [{ workerTaints: ["a=b:NoSchedule"] }, [1, 2].map((number) => `worker-node-${number} updated | taints`)],
  ])("with %j change these nodes: %j", (after, expected) => {
    expect(lines(after)).toEqual(expected);
  });

  test("name the seed disk where the login changes", () => {
    expect(lines({ sshUser: "admin" })[0]).toBe("master replaced | ssh user (seed disk) root → admin");
  });

  test("compare workers of pools by name, with the pool's own size and image", () => {
    const pools = (memoryMiB: number) => ({
      workers: undefined,
      workerPools: [
        { name: "small", count: 1 },
        { name: "big", count: 1, namePrefix: "large", memoryMiB, image: "./other.qcow2" },
      ],
    });
    const before = settings({ ...two, ...pools(4096) });
    expect(lines(pools(8192), { before })).toEqual(["large-1 replaced | memory 4096 MiB → 8192 MiB"]);
    expect(lines(pools(4096))).toEqual([
      "worker-small-1 added",
      "large-1 added",
      "worker-node-1 removed",
      "worker-node-2 removed",
    ]);
  });

  test("grow the data disk in place, also of a machine that is replaced, and say that it cannot shrink", () => {
    const grows = "its data disk grows from 10 to 12 GiB";
    expect(lines({ masterDataDiskGiB: 12 })).toEqual([`master updated | ${grows}`]);
    expect(lines({ masterDataDiskGiB: 12, masterVcpus: 4 })).toEqual([`master replaced | vCPUs 2 → 4 | ${grows}`]);
    expect(lines({ masterDataDiskGiB: 8 })).toEqual([
      "master updated | its data disk cannot shrink from 10 to 8 GiB, so the run will be refused",
    ]);
    expect(facts({ masterDataDiskGiB: 12 }).demand.after.diskGiB).toBe(72);
  });

  test("add every node of a new stack", () => {
    expect(lines({}, { before: undefined })).toEqual(["master added", "worker-node-1 added", "worker-node-2 added"]);
  });

  test("have the demand with the data disk", () => {
    expect(facts({ workers: 3 }).demand).toEqual({
      before: { vcpus: 6, memoryMiB: 6144, diskGiB: 70 },
      after: { vcpus: 8, memoryMiB: 8192, diskGiB: 90 },
    });
  });

  test("have a diff of the settings without secrets", () => {
    expect(facts({ workers: 3 }).diff).toBe("- workers: 2\n+ workers: 3");
    expect(facts({ sshUser: { secure: "v1:abc" } }).diff).toBe("- sshUser: root\n+ sshUser: [secret]");
  });
});

describe("a plan without a hypervisor", () => {
  test("says what it cannot know", () => {
    const text = renderSummary(facts({ workers: 1 }));
    expect(text).toContain("- Whether the cluster has the settings of main.");
    expect(text).toContain("- Whether libvirt has every machine, disk and network, and whether every machine runs.");
    expect(text).toContain("This plan asks no hypervisor, so its free capacity is unknown.");
    expect(text).toContain("- Pods: a plan without the cluster does not know them.");
    expect(text).toContain("- Drained: worker-node-2.");
    expect(text).not.toContain("Whether the default image differs");
    expect(text).not.toContain("by the program itself");
    expect(text).not.toContain("content of an image file");
  });

  test("doubts the default image only where a node uses it and its sources differ", () => {
    const note = (image: string, files: readonly string[]) =>
      facts({ image, imageSha256: "" }, { files }).unknown.filter((sentence) => sentence.includes("default image"));
    expect(note("", ["nix/node.toml", "docs/image.md"])).toEqual([
      "Whether the default image differs: 1 of its sources may differ. Another image replaces every node that uses it.",
    ]);
    expect(note("", ["docs/image.md"])).toEqual([]);
    expect(note("https://images.example/node.qcow2", ["nix/node.toml"])).toEqual([]);
  });

  test("names the settings whose effect it does not know, and no others", () => {
    const { unknown } = facts({
      networkCidr: "10.1.0.0/24",
      podCidr: "10.2.0.0/16",
      workers: 3,
      drainTimeoutMinutes: 9,
    });
    expect(unknown.slice(2)).toEqual(["What these settings change on the nodes: networkCidr, podCidr."]);
    expect(facts({ networkCidr: "10.1.0.0/24" }, { before: undefined }).unknown).toHaveLength(2);
  });

  test("names changes of the program and images that are files", () => {
    const { unknown } = facts(
      { image: "./node.qcow2", imageSha256: "" },
      { files: ["components/worker.ts", "README.md"] },
    );
    expect(unknown.slice(2)).toEqual([
      "Changes by the program itself: 1 of its files differ.",
      "Whether the content of an image file has changed, because the settings have its path only.",
    ]);
  });
});

describe("a revision of git", () => {
  function repository() {
    const folder = mkdtempSync(join(tmpdir(), "nodeforge-revision-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.example", ...args], { cwd: folder });
    const write = (workers: number) =>
      writeFileSync(join(folder, "Pulumi.lab.yaml"), stringify({ config: { "p:workers": workers } }));
    writeFileSync(join(folder, "Pulumi.yaml"), stringify({ name: "p", config: { image: { default: "none" } } }));
    git("init", "--quiet", "--initial-branch", "main");
    write(1);
    git("add", ".");
    git("commit", "--quiet", "--message", "one");
    write(2);
    return folder;
  }

  test("has the settings of then, with the defaults of then, and the files that differ", async () => {
    const { settings, files } = await readRevision({ stack: "lab" }, "main", repository());
    expect([settings?.get("workers"), settings?.get("image"), files]).toEqual(["1", "none", ["Pulumi.lab.yaml"]]);
  });

  test("has no settings for a stack that is new", async () => {
    expect((await readRevision({ stack: "new" }, "HEAD", repository())).settings).toBeUndefined();
  });

  test("that git does not have is refused", async () => {
    await expect(readRevision({ stack: "lab" }, "origin/main", repository())).rejects.toThrow(
      "--base origin/main: expected a revision that git has. Fix: `git fetch origin`, or fetch-depth: 0 in the workflow",
    );
  });
});
