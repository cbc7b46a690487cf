import { describe, expect, it } from "vitest";
import { refuseConflicts } from "../../preflight/refusal.ts";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { deriveTopology } from "../../topology.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { configWith } from "../support/settings.ts";
import { answering } from "../support/virsh-answers.ts";

const definition =
  "<network><ip address='10.9.0.1' prefix='16'><dhcp><range start='10.9.0.100' end='10.9.0.254'/></dhcp></ip></network>";
const answers = (activeNetworks: string) => ({
  "list --all --name": "",
  "net-list --all --name": "lab\n",
  "net-list --name": activeNetworks,
  "pool-list --all --name": "vms\n",
  "pool-list --name": "vms\n",
  "net-dumpxml lab": definition,
  "pool-dumpxml vms": "<pool type='dir'><target><path>/vms</path></target></pool>",
  "vol-list --pool vms": "",
  nodeinfo: "CPU(s):              4\nMemory size:         8388608 KiB\n",
});
const existing = { network: "lab", storagePool: "vms" };

async function outcome(raw: Record<string, string>, known = new PriorState(), activeNetworks = "lab\n") {
  const warnings: string[] = [];
  const warn = (text: string) => Promise.resolve(void warnings.push(text));
  const { virsh } = answering(answers(activeNetworks));
  const config = configWith(raw);
  const refused = await refuseConflicts(config, deriveTopology(config), known, { virsh, warn }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { refused, warnings };
}

describe("an existing network that does not match the configuration", () => {
  it("is refused with every other conflict, each with a command for a shell", async () => {
    const libvirtUri = "qemu+ssh://host/system?keyfile=/k";
    const { refused, warnings } = await outcome({ ...existing, libvirtUri, domainType: "qemu" }, new PriorState(), "");
    expect(refused).toContain("Nothing was created: ");
    expect(refused).toContain(
      "  network lab has 10.9.0.0/16, but networkCidr is 192.168.222.0/24: virsh -c 'qemu+ssh://host/system?keyfile=/k' net-dumpxml lab",
    );
    expect(refused).toContain("  network lab is not active: virsh -c 'qemu");
    expect(warnings).toEqual([]);
  });

  it("is a warning for a running cluster, which cannot move to another network", async () => {
    const keepers = immutableInputs(configWith(existing));
    const { refused, warnings } = await outcome(
      existing,
      priorStateOf({ "randomUuid dev-id": { result: "id", keepers } }),
    );
    expect(refused).toBeUndefined();
    expect(warnings).toEqual(["network lab has 10.9.0.0/16, but networkCidr is 192.168.222.0/24"]);
  });

  it("is no conflict when it matches", async () => {
    const raw = { ...existing, networkCidr: "10.9.0.0/16" };
    expect(await outcome(raw)).toMatchObject({ refused: undefined });
  });
});

describe("the fix of a refusal", () => {
  const ends = (refused: string | undefined) =>
    refused
      ?.split("\nFix: ")
      .slice(1)
      .map((fix) => fix.split(";")[0]);
  const raw = { ...existing, networkCidr: "10.9.0.0/16" };
  const large = { ...raw, masterMemoryMiB: "9000", workerMemoryMiB: "9001" };
  const memory = "lower masterMemoryMiB, workerMemoryMiB or the memoryMiB of a pool";
  const names = "choose another clusterName, networkName or networkCidr";

  it("names the keys of the capacity, and no names, where only the capacity is too small", async () => {
    const { refused } = await outcome(large);
    expect(refused).toContain(
      "dev-master and 2 more cannot have 9001 MiB of memory: the hypervisor has 8192 MiB: virsh",
    );
    expect(ends(refused)).toEqual([memory]);
  });

  it("is about names, and not about the capacity, where the capacity is large enough", async () => {
    const { refused } = await outcome(raw, new PriorState(), "");
    expect(ends(refused)).toEqual([names]);
  });

  it("is each of both once, where both are wrong", async () => {
    const { refused } = await outcome({ ...large, nodeDomain: "lan" }, new PriorState(), "");
    expect(ends(refused)).toEqual([names, memory]);
  });
});
