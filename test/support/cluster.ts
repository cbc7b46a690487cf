import { Cluster, type ClusterArgs } from "../../components/cluster.ts";
import { promiseOf, recordOptions, registered, settled } from "./mocks.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "./settings.ts";

/** The cluster `dev` on Pulumi's mocks, which have to be started, with what its resources were given as options. */
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

/** How many resources of each type were registered. */
export function counts(): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { type } of registered) count[type] = (count[type] ?? 0) + 1;
  return count;
}

/** The Node that a step is handed after its script. */
export function nodeIn(stdin: unknown): { metadata: { labels: Record<string, string> } } {
  return JSON.parse(String(stdin).split("\nesac\n").at(-1)!) as ReturnType<typeof nodeIn>;
}
