import { describe, expect, it } from "vitest";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { preflight } from "../../preflight/check.ts";
import { deriveTopology } from "../../topology.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { configWith, imageSha256 } from "../support/settings.ts";
import { answering } from "../support/virsh-answers.ts";

const lost = {
  "randomUuid dev-id": { result: "01234567-89ab-4cde-8f01-23456789abcd", keepers: immutableInputs(configWith()) },
  "remoteCommand dev-master-init": {},
  "volume dev-master-data": { pool: "nodeforge-dev" },
};
const alike = {
  [`baseImage dev-base-${imageSha256.slice(0, 12)}`]: { sha256: imageSha256.slice(0, 12) + "0".repeat(52) },
};
/** A hypervisor without volumes, and with a domain of another user that has the control plane's name. */
const empty = {
  "list --all --name": "dev-master\n",
  "net-list --all --name": "",
  "net-list --name": "",
  "pool-list --all --name": "nodeforge-dev\n",
  "pool-list --name": "nodeforge-dev\n",
  "pool-list --inactive --name": "",
  "pool-dumpxml nodeforge-dev": "<pool type='dir'><target><path>/pools</path></target></pool>",
  "pool-refresh nodeforge-dev": "",
  "vol-list --pool nodeforge-dev": "",
};

async function run(prior: PriorOutputs, raw: Record<string, string> = {}, answers: Record<string, string> = empty) {
  const config = configWith(raw);
  const { virsh, asked } = answering(answers);
  const found = await preflight(config, deriveTopology(config), priorStateOf(prior), { virsh }).catch(
    (error: Error) => error.message,
  );
  return { found, asked };
}

describe("the preflight", () => {
  it("reports lost data before all else, because the fixes of other findings would give the data up", async () => {
    expect((await run({ ...lost, ...alike })).found).toMatch(/^Nothing was changed: the disk .* is missing/);
  });

  it("refuses a smaller data disk before it lists what the hypervisor has, and not where the data is lost", async () => {
    const name = "dev-master-data-01234567.qcow2";
    const made = { ...lost, "volume dev-master-data": { pool: "nodeforge-dev", name, size: 10 * 2 ** 30 } };
    const found = { ...empty, [`vol-path --pool nodeforge-dev ${name}`]: "/pools/disk" };
    const { found: refusal, asked } = await run(made, { masterDataDiskGiB: "9" }, found);
    expect(refusal).toBe(
      "Nothing was changed: masterDataDiskGiB is 9, but the control plane's data disk has 10 GiB and cannot shrink.\n" +
        "Fix: set masterDataDiskGiB to 10 or more.",
    );
    expect(asked).toHaveLength(1);
    const givenUp = await run(made, { masterDataDiskGiB: "9", masterDataProtected: "false" });
    expect(givenUp.found).toMatch(/domain dev-master exists/);
  });

  it("compares digests of images before it lists what the hypervisor has", async () => {
    const { found, asked } = await run(alike);
    expect(found).toMatch(/^Nothing was created: the image .* has SHA-256/);
    expect(asked).toEqual([]);
  });

  it("compares the names of simulated nodes before it lists what the hypervisor has", async () => {
    const { found, asked } = await run({ "simulatedNodes dev-simulated": { nodes: { "worker-node": 1 } } });
    expect(found).toMatch(/^Nothing was created: nodes of the configuration have the names of other nodes/);
    expect(asked).toEqual([]);
  });

  it("reports conflicts last", async () => {
    expect((await run({})).found).toMatch(/domain dev-master exists/);
  });
});
