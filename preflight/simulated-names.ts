import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { resourceName, suffix } from "../names.ts";
import type { Topology } from "../topology.ts";

/**
 * Refuses a run in which a name changes from a simulated node to a machine, or from a machine to a simulated node. The new node
 * is created before the old one is deleted, and a cluster has one Node of a name. config/simulated-nodes.ts compares the names
 * within one configuration.
 * @throws {pulumi.RunError} naming every such node.
 */
export function refuseSharedNames(config: ClusterConfig, { master, workers }: Topology, prior: PriorState): void {
  const { clusterName, simulatedNodes } = config;
  const before = prior.outputsOf("simulatedNodes", `${clusterName}${suffix.simulated}`)?.nodes;
  const simulated = namesOf((before ?? {}) as Readonly<Record<string, number>>);
  const machines = new Set(prior.namesOf("worker"));
  const desired = namesOf(Object.fromEntries(simulatedNodes.pools.map(({ name, count }) => [name, count])));
  const problems = [
    ...[master, ...workers]
      .filter(({ name }) => simulated.has(name))
      .map(({ name }) => `${name} is a simulated node of the cluster, expected a free name for a machine`),
    ...[...desired]
      .filter((name) => machines.has(resourceName(clusterName, name)))
      .map((name) => `${name} is a machine of the cluster, expected a free name for a simulated node`),
  ];
  if (problems.length === 0) return;
  throw new pulumi.RunError(
    "Nothing was created: nodes of the configuration have the names of other nodes.\n" +
      problems.map((problem) => `  ${problem}\n`).join("") +
      "Fix: choose another name, or remove the other nodes with an `npm run up` of their own.",
  );
}

/** Names of the nodes of pools. @param counts Number of nodes of each pool, by its name. */
function namesOf(counts: Readonly<Record<string, number>>): ReadonlySet<string> {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  return new Set(
    Object.entries(counts).flatMap(([pool, count]) => numbers(count).map((number) => `${pool}-${number}`)),
  );
}
