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
