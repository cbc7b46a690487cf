import { describe, expect, test } from "vitest";
import { changedNodes } from "../../../cli/plan/changed-nodes.ts";
import { demandOf } from "../../../cli/plan/demand.ts";
import { describeReason } from "../../../cli/plan/node-change.ts";
import { readPlan } from "../../../cli/plan/planned.ts";
import { eventLog, kept, recordedPlan, step } from "./recorded-plan.ts";

const [domain, volume, remote] = [
  "libvirt:index/domain:Domain",
  "libvirt:index/volume:Volume",
  "command:remote:Command",
];
const name = "lab-worker-node-1";

/** Changes of a plan, one a line. */
function lines(events: string): readonly string[] {
  return changedNodes(readPlan(events)).map(
    ({ node, change, reasons }) =>
      `${node} ${change}${reasons.map((reason) => ` | ${describeReason(reason)}`).join("")}`,
  );
}

describe("the nodes of a plan of the engine", () => {
  test("are replaced with the image and the size as reasons, or added", () => {
    expect(lines(recordedPlan("replace-and-grow"))).toEqual([
      "master replaced | image 6d1c9ac3984a → e78dfa730eec | memory 2048 MiB → 4096 MiB",
      "worker-node-1 replaced | image 6d1c9ac3984a → e78dfa730eec | vCPUs 2 → 4",
      "worker-node-2 replaced | image 6d1c9ac3984a → e78dfa730eec | vCPUs 2 → 4",
      "worker-node-3 added",
    ]);
  });

  test("are removed, and the others do not change", () => {
    expect(lines(recordedPlan("shrink"))).toEqual(["worker-node-2 removed"]);
  });

  test("boot again where the machine is off", () => {
    expect(lines(recordedPlan("stopped"))).toEqual(["worker-node-1 booted | its machine is off"]);
  });
});

describe("a replaced worker has as its reason", () => {
  const replaced = (before: object, after: object) => step("replace", "worker", domain, name, { before, after });
  const description = (signature: string) => ({ description: `nodeforge cluster lab, id, machine ${signature}` });

  test("the seed disk, whose content is in its name", () => {
    const events = eventLog(
      ...kept,
      step("create", "worker", volume, `${name}-seed-bbbbbbbbbbbb`, { after: {} }),
      step("delete", "worker", volume, `${name}-seed-aaaaaaaaaaaa`, { before: {} }),
      replaced(description("1"), description("2")),
    );
    expect(lines(events)).toEqual([
      "worker-node-1 replaced | seed disk (host name, ssh login or static network) aaaaaaaaaaaa → bbbbbbbbbbbb",
    ]);
  });

  test("the size of the root disk", () => {
    const root = step("replace", "worker", volume, `${name}-root`, {
      before: { size: 20 * 2 ** 30 },
      after: { size: 40 * 2 ** 30 },
    });
    expect(lines(eventLog(...kept, root, replaced({}, {})))).toEqual([
      "worker-node-1 replaced | root disk 20 GiB → 40 GiB",
    ]);
  });

  test("the virtualisation, the MAC address and the network", () => {
    const link = (mac: string, networkName: string) => ({ networkInterfaces: [{ mac, networkName }] });
    const events = eventLog(
      ...kept,
      replaced({ type: "qemu", ...link("52:54:00:00:00:01", "a") }, { type: "kvm", ...link("52:54:00:00:00:02", "b") }),
    );
    expect(lines(events)).toEqual([
      "worker-node-1 replaced | virtualisation qemu → kvm | MAC address 52:54:00:00:00:01 → 52:54:00:00:00:02 | network a → b",
    ]);
  });

  test("the release, where only the signature differs", () => {
    expect(lines(eventLog(...kept, replaced(description("1a"), description("2b"))))).toEqual([
      "worker-node-1 replaced | this release defines machines in another form",
    ]);
  });

  test("a missing machine or a missing root disk", () => {
    expect(lines(eventLog(...kept, step("create", "worker", domain, name, { after: {} })))).toEqual([
      "worker-node-1 replaced | its machine is missing in libvirt",
    ]);
    const root = step("create", "worker", volume, `${name}-root`, { after: { size: 1 } });
    expect(lines(eventLog(...kept, root, replaced({}, {})))).toContainEqual(
      expect.stringContaining("its root disk is missing in libvirt"),
    );
  });

  test("no image that is unknown because two images are new", () => {
    const base = (digest: string) =>
      step("create", "cluster", volume, `lab-base-${digest}`, { after: { name: `lab-base-${digest}-00000000.qcow2` } });
    const root = step("replace", "worker", volume, `${name}-root`, {
      before: { baseVolumeId: "/p/lab-base-cccccccccccc-00000000.qcow2" },
      after: { baseVolumeId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
    });
    const events = eventLog(...kept, base("aaaaaaaaaaaa"), base("bbbbbbbbbbbb"), root, replaced({}, {}));
    expect(lines(events)).toEqual(["worker-node-1 replaced | image cccccccccccc → (known later)"]);
  });
});

test("a worker joins again where its token is replaced and its machine stays", () => {
  const events = eventLog(
    ...kept,
    step("same", "worker", domain, name, { before: {}, after: {} }),
    step("replace", "worker", remote, `${name}-token`, { before: {}, after: {} }),
    step("replace", "worker", remote, `${name}-join`, { before: {}, after: {} }),
  );
  expect(lines(events)).toEqual(["worker-node-1 rejoined | it is no member of the cluster on this machine"]);
});

test("a worker whose steps run again is changed in place, and one with the same steps is not in the list", () => {
  const events = eventLog(
    ...kept,
    step("same", "worker", "", "lab-worker-node-2"),
    step("update", "worker", remote, `${name}-join`, { before: {}, after: {} }),
    step("update", "worker", remote, `${name}-ready`, { before: {}, after: {} }),
    step("same", "worker", remote, "lab-worker-node-2-join"),
  );
  expect(lines(events)).toEqual(["worker-node-1 updated | the configuration of the kubelet | labels and taints"]);
});

describe("a control plane whose data disk grows", () => {
  const command = "command:local:Command";
  const master = [...kept, step("same", "master", "", "lab-master")];
  const disk = step("same", "master", volume, "lab-master-data", {
    before: { size: 8 * 2 ** 30 },
    after: { size: 8 * 2 ** 30 },
  });
  const size = (gibibytes: number) => ({ environment: { SIZE_GIB: String(gibibytes) } });
  const growth = (operation: "create" | "update" | "same", inputs: { before?: object; after?: object }) =>
    step(operation, "master", command, "lab-master-data-growth", inputs);

  test("is changed in place, from the size of the volume or of the last growth", () => {
    expect(lines(eventLog(...master, disk, growth("create", { after: size(12) })))).toEqual([
      "master updated | its data disk grows from 8 to 12 GiB",
    ]);
    expect(lines(eventLog(...master, disk, growth("update", { before: size(12), after: size(16) })))).toEqual([
      "master updated | its data disk grows from 12 to 16 GiB",
    ]);
  });

  test("is not in the list after the growth", () => {
    expect(lines(eventLog(...master, disk, growth("same", { before: size(12), after: size(12) })))).toEqual([]);
  });

  test("names the growth also where its machine is replaced", () => {
    const machine = step("replace", "master", domain, "lab-master", { before: { vcpu: 2 }, after: { vcpu: 4 } });
    expect(lines(eventLog(...master, machine, disk, growth("create", { after: size(12) })))).toEqual([
      "master replaced | vCPUs 2 → 4 | its data disk grows from 8 to 12 GiB",
    ]);
  });

  test("needs the space of its new size", () => {
    const demand = demandOf(readPlan(eventLog(...master, disk, growth("create", { after: size(12) }))));
    expect([demand.before.diskGiB, demand.after.diskGiB]).toEqual([8, 12]);
  });
});

test("a node whose name begins with another node's name keeps its own resources", () => {
  const events = eventLog(
    ...kept,
    step("same", "worker", "", `${name}-token`),
    step("update", "worker", remote, `${name}-token-join`, { before: {}, after: {} }),
  );
  expect(lines(events)).toEqual(["worker-node-1-token updated | the configuration of the kubelet"]);
});
