import { parseState, stackOutputs, type StackState } from "../../cli/stack/state.ts";
import { nameOfUrn, resourceType } from "../../names.ts";
import { parseScriptInput } from "../support/script-input.ts";
import { differences } from "./soak-objects.ts";
import { controlPlane, nodesOf, type Desired, type Image } from "./soak-settings.ts";
import type { State, StateResource, TestStack } from "./stack.ts";

/** Lines about the nodes in the state of a cluster of these settings. */
function expectedLines(desired: Desired): readonly string[] {
  return [...nodesOf(desired)].flatMap(([name, { image, labels, taints }]) => [
    `output ${name} with the ${image} image`,
    ...(name === controlPlane ? [] : [`settings of ${name}: labels ${labels.join()}, taints ${taints.join(" ")}`]),
  ]);
}

/** The same lines about a state. @param images Images by their short digest. */
function foundLines(state: StackState, images: ReadonlyMap<string, Image>): readonly string[] {
  const { nodes = [] } = stackOutputs(state) as { nodes?: { name: string; image: string }[] };
  return [
    ...nodes.map(({ name, image }) => `output ${name} with the ${images.get(image.slice(0, 12)) ?? "unknown"} image`),
    ...workerSettings(state),
  ];
}

/** Labels and taints that the steps of the workers have applied, without nodeforge's own labels. */
function workerSettings({ resources }: StackState): readonly string[] {
  const steps = resources.filter(
    ({ type, urn }) => type === resourceType.remoteCommand && /^lab-worker-.*-ready$/.test(nameOfUrn(urn)),
  );
  return steps.map(({ inputs }) => {
    const { scripts, stdin } = parseScriptInput(inputs?.stdin);
    const { metadata } = JSON.parse(stdin) as { metadata: { name: string; labels: Record<string, string> } };
    const labels = Object.entries(metadata.labels).filter(([key]) => !key.startsWith("nodeforge.local/"));
    const taints = scripts["worker-ready"]?.parameters.TAINTS ?? "unknown";
    const listed = labels.map(([key, value]) => `${key}=${value}`).sort();
    return `settings of ${metadata.name}: labels ${listed.join()}, taints ${taints}`;
  });
}

/**
 * Differences between the desired cluster and its state after a complete run, and between the state and the world.
 * @param images Images by their short digest.
 */
export async function stateProblems(
  stack: TestStack,
  desired: Desired,
  images: ReadonlyMap<string, Image>,
): Promise<readonly string[]> {
  const text = await stack.exportText();
  const state = parseState(text);
  const isUnfinished = state.pending.length > 0 || state.resources.some((resource) => resource.delete);
  return [
    ...differences(expectedLines(desired), foundLines(state, images)),
    ...stack.driftFrom(JSON.parse(text) as State),
    ...(isUnfinished ? ["the state has unfinished operations"] : []),
  ];
}

/** Differences between the state and libvirt after a recovery: orphans, and objects that are missing. */
export async function orphanProblems(stack: TestStack): Promise<readonly string[]> {
  const { deployment } = JSON.parse(await stack.exportText()) as { deployment: Recovered };
  const { resources = [], pending_operations: pending = [] } = deployment;
  // A replacement deletes the former object first, and the state keeps it for the next run.
  const present = resources.filter(({ pendingReplacement }) => pendingReplacement !== true);
  return [
    ...stack.driftFrom({ deployment: { resources: present } }).filter((line) => line.includes("libvirt:")),
    ...(pending.length > 0 ? [`the recovered state has ${pending.length} pending operations`] : []),
  ];
}

interface Recovered {
  readonly resources?: readonly (StateResource & { readonly pendingReplacement?: boolean })[];
  readonly pending_operations?: readonly object[];
}
