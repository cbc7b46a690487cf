import { simulationInput } from "../../addons/simulated-nodes.ts";
import { readControlPlaneArguments } from "../../config/components.ts";
import { hasRoomForNodes } from "../../config/network.ts";
import { Problems } from "../../config/problems.ts";
import { readSchema } from "../../config/schema.ts";
import { readSimulatedNodes } from "../../config/simulated-nodes.ts";
import { Values } from "../../config/values.ts";
import { parseSubnet } from "../../lib/cidr.ts";
import type { ControlPlaneShell } from "../node-ssh.ts";
import type { ClusterOutputs } from "../stack/outputs.ts";
import type { StackSettings } from "../stack/settings.ts";
import type { Simulation } from "./run/measure-on-cluster.ts";

/** Keys of a stack that decide how kwok keeps nodes Ready. */
const keys = ["simulatedStages", "controlPlaneArguments"];

/** Minutes in which an emulated control plane deletes 5,000 nodes that a killed benchmark left. */
const changeMinutes = 30;

/** Whether a cluster has kwok already: only a stack with simulated nodes keeps it running. */
export function hasKwok({ simulatedNodes = {} }: Pick<ClusterOutputs, "simulatedNodes">): boolean {
  return Object.keys(simulatedNodes).length > 0;
}

/**
 * Refuses a benchmark on a cluster whose nodes have the whole pod network, because its simulated nodes need one range of it.
 * @throws with the number of nodes.
 */
export function refuseFullPodNetwork({ nodes }: Pick<ClusterOutputs, "nodes">, settings: StackSettings): void {
  const podCidr = settings.get("podCidr");
  const pods = parseSubnet(podCidr);
  if (pods === undefined || hasRoomForNodes(pods, nodes.length, true)) return;
  throw new Error(
    `podCidr is ${podCidr}, whose ranges the ${nodes.length} nodes need themselves, so no simulated node can have one. ` +
      'Fix: remove a worker, or set "real: only" of the scenario',
  );
}

/**
 * Returns the simulation of nodes on a cluster whose stack has none: kwok runs only during the benchmark, with the stack's stages.
 * Its start also deletes the simulated nodes of a killed benchmark.
 */
export function simulationOn(shell: Pick<ControlPlaneShell, "run">, settings: StackSettings): Simulation {
  const input = simulationInput(withoutPools(settings), settings.get("podCidr"));
  return {
    start: async () => {
      await shell.run("simulate-nodes", { READY_TIMEOUT_SECONDS: 60, MACHINE: "" }, input, changeMinutes);
    },
    stop: async () => {
      await shell.run("remove-simulated-nodes", {}, "", changeMinutes);
    },
  };
}

/** Reads the stack's settings of simulated nodes. A cluster runs with them, so they are valid. */
function withoutPools({ all }: StackSettings) {
  const problems = new Problems();
  const raw = Object.fromEntries(keys.map((key) => [key, textOf(all[key])]));
  const values = new Values(readSchema(), raw, problems);
  const { controllerManager } = readControlPlaneArguments(values, problems);
  return readSimulatedNodes(values, problems, { masterName: "", workerPools: [] }, controllerManager);
}

/** A setting as Pulumi passes it to the program; undefined where the stack has none. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : JSON.stringify(value);
}
