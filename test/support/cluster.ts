import { vi } from "vitest";
import { Cluster, type ClusterArgs } from "../../components/cluster.ts";
import { parseScriptInput } from "./script-input.ts";
import { promiseOf, recordOptions, registered, settled } from "./mocks.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "./settings.ts";

// Seed disks are not written: their paths tell them apart.
vi.mock("../../cloud-init/iso.ts", () => {
  const path = (seed: { digest: string }) => `/seeds/${seed.digest}.iso`;
  return { writeIso: path, writtenIso: path };
});

/** Creates the cluster `dev` on Pulumi's mocks, which a test has to start first, and records the options of its resources. */
export async function clusterWith(
  raw: Record<string, string> = {},
  found: Omit<ClusterArgs, "config" | "topology"> = {},
) {
  const options = recordOptions();
  const config = configWith(raw);
  const args = { config, topology: deriveTopology(config), ...found };
  const cluster = new Cluster(config.clusterName, args, { transformations: [options.transformation] });
  await promiseOf(cluster.timings);
  await settled();
  return { cluster, options };
}

/** Number of registered resources by type. */
export function counts(): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { type } of registered) count[type] = (count[type] ?? 0) + 1;
  return count;
}

/** Parses the Node that a worker's last step applies. */
export function nodeIn(input: unknown): { metadata: { labels: Record<string, string> } } {
  return JSON.parse(parseScriptInput(input).stdin) as ReturnType<typeof nodeIn>;
}
