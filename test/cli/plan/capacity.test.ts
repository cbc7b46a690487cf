import { expect, test } from "vitest";
import { readCapacity } from "../../../cli/plan/capacity.ts";
import { capacityTable } from "../../../cli/plan/capacity-table.ts";
import { demandOf } from "../../../cli/plan/demand.ts";
import { readPlan } from "../../../cli/plan/planned.ts";
import { answering } from "../../support/virsh-answers.ts";
import { recordedPlan } from "./recorded-plan.ts";

const answers = {
  nodeinfo: "CPU model:           x86_64\nCPU(s):              16\nMemory size:         33554432 KiB\n",
  nodememstats:
    "total  :             33554432 KiB\nfree   :              1048576 KiB\nbuffers:               524288 KiB\ncached :              2097152 KiB\n",
  "domstats --vcpu --list-running":
    "Domain: 'a'\n  vcpu.current=2\n  vcpu.maximum=4\n\nDomain: 'b'\n  vcpu.current=3\n  vcpu.0.state=1\n",
  "pool-refresh lab": "",
  "pool-info --bytes lab": "Name:           lab\nCapacity:       107374182400\nAvailable:      53687091200\n",
};

test("the capacity has free memory with caches, processors, running vCPUs and the space of the pool", async () => {
  expect(await readCapacity(answering(answers).virsh, "lab")).toEqual({
    memoryMiB: 32768,
    freeMemoryMiB: 3584,
    processors: 16,
    usedVcpus: 5,
    freeDiskGiB: 50,
  });
});

test("the capacity lacks what libvirt does not answer", async () => {
  expect(await readCapacity(answering({ nodeinfo: answers.nodeinfo }).virsh, "lab")).toEqual({
    memoryMiB: 32768,
    processors: 16,
  });
  expect(await readCapacity(answering({}).virsh, undefined)).toEqual({});
});

test("no pool is asked before it exists", async () => {
  const { virsh, asked } = answering(answers);
  expect(await readCapacity(virsh, undefined)).not.toHaveProperty("freeDiskGiB");
  expect(asked.filter((command) => command.startsWith("pool"))).toEqual([]);
});

test("the demand of a plan of the engine is the sum of all machines before and after", () => {
  expect(demandOf(readPlan(recordedPlan("replace-and-grow")))).toEqual({
    before: { vcpus: 6, memoryMiB: 6144, diskGiB: 70 },
    after: { vcpus: 14, memoryMiB: 10240, diskGiB: 90 },
  });
  expect(demandOf(readPlan(recordedPlan("shrink")))).toEqual({
    before: { vcpus: 6, memoryMiB: 6144, diskGiB: 70 },
    after: { vcpus: 4, memoryMiB: 4096, diskGiB: 50 },
  });
});

const demand = {
  before: { vcpus: 4, memoryMiB: 4096, diskGiB: 50 },
  after: { vcpus: 8, memoryMiB: 8192, diskGiB: 90 },
};

test("the table names what is not enough, and nothing that is", () => {
  const [table = "", shortages, ...others] = capacityTable(demand, {
    freeMemoryMiB: 4095,
    processors: 8,
    usedVcpus: 4,
    freeDiskGiB: 40,
  });
  expect(table.split("\n").slice(2)).toEqual([
    "| memory | 4096 MiB | 8192 MiB | +4096 | 4095 MiB |",
    "| CPU | 4 vCPUs | 8 vCPUs | +4 | 4 vCPUs |",
    "| disk, when full | 50 GiB | 90 GiB | +40 | 40 GiB |",
  ]);
  expect([shortages, others]).toEqual(["- **memory: 4096 MiB more are needed, and 4095 MiB are free.**", []]);
});

test("no processor is free where domains have more vCPUs than there are processors", () => {
  const [table, shortages] = capacityTable(demand, { processors: 2, usedVcpus: 6 });
  expect(table).toContain("| CPU | 4 vCPUs | 8 vCPUs | +4 | 0 vCPUs |");
  expect(shortages).toBe("- **CPU: 4 vCPUs more are needed, and 0 vCPUs are free.**");
});

test("a cluster that shrinks needs no room", () => {
  const { before, after } = demand;
  expect(
    capacityTable({ before: after, after: before }, { freeMemoryMiB: 0, processors: 1, usedVcpus: 9 }),
  ).toHaveLength(1);
});

test("the table says why the capacity is unknown", () => {
  const [table = "", why, ...others] = capacityTable(demand, { why: "No answer." });
  expect(table.match(/unknown/g)).toHaveLength(3);
  expect([why, others]).toEqual(["No answer.", []]);
});
