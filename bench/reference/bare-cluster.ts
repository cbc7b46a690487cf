import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { simulationInput } from "../../addons/simulated-nodes.ts";
import { inCheckout } from "../../lib/checkout.ts";
import type { FlagChanges } from "../control-plane/flags.ts";
import { NativeControlPlane } from "../control-plane/native.ts";
import type { Task, TaskResult } from "./in-namespace.ts";

/** Range of the native control plane's pods. */
const podRange = "10.240.0.0/12";

/** Where kwok's configuration is on a node, and so in the namespaces. */
const kwokConfiguration = "/etc/nodeforge/simulated.yaml";

/**
 * Measures a scenario with the runner of `npm run bench`, on a new control plane of this machine with kwok.
 * @param scenario Document of the scenario. Its paths are absolute.
 * @param absent Programs that do not run in the measured window. @default none
 * @param flags Other flags of the control plane's units. @default as on a node
 */
export async function measureOnBareCluster(
  scenario: Readonly<Record<string, unknown>>,
  absent: readonly string[] = [],
  flags: Readonly<Record<string, FlagChanges>> = {},
): Promise<TaskResult> {
  await using plane = await NativeControlPlane.start(flags);
  const input = simulationInput({ pools: [], stages: undefined, leaseSeconds: 120 }, podRange);
  // The lines of the pools end with an empty one.
  await plane.run("tee", [kwokConfiguration], input.trimStart());
  plane.start("kwok", ["--config", kwokConfiguration, "--kubeconfig", "/etc/kubernetes/admin.conf"], "kwok.log");
  const path = join(plane.folder, "reference.yaml");
  // JSON is YAML.
  await writeFile(path, JSON.stringify(scenario));
  const task: Task = { scenario: path, absent };
  const program = inCheckout("bench", "reference", "in-namespace.ts");
  return JSON.parse(await plane.run(process.execPath, [program], JSON.stringify(task))) as TaskResult;
}
