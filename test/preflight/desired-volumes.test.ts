import { describe, expect, test } from "vitest";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { desiredVolumes } from "../../preflight/desired-volumes.ts";
import { deriveTopology } from "../../topology.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { configWith, imageSha256 } from "../support/settings.ts";

const image = imageSha256.slice(0, 12);
const result = "0123abcd-1111-2222-3333-444444444444";
const cluster = { "randomUuid dev-id": { result, keepers: immutableInputs(configWith()) } };

/** Returns the names, with `#` for the digest of a seed. */
function names(prior: PriorOutputs, raw: Record<string, string> = {}): readonly string[] {
  const config = configWith(raw);
  const volumes = desiredVolumes(config, deriveTopology(config), priorStateOf(prior));
  return volumes.map((name) => name.replace(/-seed-[0-9a-f]{12}/, "-seed-#"));
}

describe("the base images and seed disks of a cluster", () => {
  test("have the cluster's id in their names", () => {
    expect(names(cluster, { workers: "2" })).toEqual([
      `dev-base-${image}-0123abcd.qcow2`,
      "dev-master-seed-#-0123abcd.iso",
      "dev-worker-node-1-seed-#-0123abcd.iso",
      "dev-worker-node-2-seed-#-0123abcd.iso",
    ]);
  });

  test("keep the names without an id that an earlier release gave them", () => {
    const base = `dev-base-${image}`;
    const prior = { ...cluster, [`volume ${base}`]: { name: `${base}.qcow2` } };
    expect(names(prior, { workers: "0" })).toEqual([`${base}.qcow2`, "dev-master-seed-#-0123abcd.iso"]);
  });

  test("stay the same when only the machines change", () => {
    const volumes = (raw: Record<string, string>) => {
      const config = configWith(raw);
      return desiredVolumes(config, deriveTopology(config), priorStateOf(cluster));
    };
    expect(volumes({ masterMemoryMiB: "4096", workerVcpus: "3" })).toEqual(volumes({}));
    expect(volumes({})[1]).toMatch(/^dev-master-seed-[0-9a-f]{12}-0123abcd\.iso$/);
  });

  test.each<[string, PriorOutputs, Record<string, string>]>([
    ["of a new cluster", {}, {}],
    ["of a cluster that becomes another one", cluster, { networkCidr: "192.168.223.0/24" }],
    ["of another cluster", cluster, { clusterName: "lab" }],
  ])("%s are none yet, because their id is not known", (_, prior, raw) => {
    expect(names(prior, raw)).toEqual([]);
  });
});
