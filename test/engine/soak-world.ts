import { isDeepStrictEqual } from "node:util";
import { parseState, stackOutputs, type StackState } from "../../cli/stack/state.ts";
import { imageOfBaseVolume, nameOfUrn, resourceType } from "../../names.ts";
import { parseScriptInput } from "../support/script-input.ts";
import { label } from "./names.ts";
import { controlPlane, imagesOf, nodesOf, type Desired, type Image } from "./soak-settings.ts";
import type { State, StateResource, TestStack } from "./stack.ts";
import type { Thing } from "./things.ts";

/** Everything that a cluster of these settings has, one line each: in libvirt, in Kubernetes, and in the state. */
function expectedObjects(desired: Desired): readonly string[] {
  const nodes = [...nodesOf(desired)];
  return [
    "Network network",
    "Pool pool",
    "Volume master-data",
    ...[...imagesOf(desired)].map((image) => `Volume base of the ${image} image`),
    ...nodes.flatMap(([name, { memoryMiB, image, labels, taints }]) => [
      `Domain ${name}: runs, ${memoryMiB} MiB, ${name}-root ${name}-seed${name === controlPlane ? " master-data" : ""}`,
      `Volume ${name}-root on the ${image} image`,
      `Volume ${name}-seed`,
      `Node ${name}: True`,
      `reservation of ${name}`,
      `output ${name} with the ${image} image`,
      ...(name === controlPlane ? [] : [`settings of ${name}: labels ${labels.join()}, taints ${taints.join(" ")}`]),
    ]),
  ].sort();
}

/** The same lines about what exists. @param images Images by their short digest. */
function foundObjects(stack: TestStack, state: StackState, images: ReadonlyMap<string, Image>): readonly string[] {
  const { world, guests } = stack;
  const imageOf = (digest = "") => images.get(digest) ?? "unknown";
  const imageIn = (volume: unknown) => imageOf(imageOfBaseVolume(String(volume)));
  const volumeName = (id: string) => label(world.withId("Volume", id)?.urn ?? "").replace("Volume ", "");
  const ofVolume = ({ urn, id, properties }: Thing) => {
    const name = label(urn);
    if (name === "Volume base") return `${name} of the ${imageIn(id)} image`;
    return name.endsWith("-root") ? `${name} on the ${imageIn(properties.baseVolumeId)} image` : name;
  };
  const ofDomain = ({ urn, id, properties }: Thing) => {
    const disks = (properties.disks as { volumeId: string }[]).map(({ volumeId }) => volumeName(volumeId));
    const power = guests.isRunning(id) && properties.running === true ? "runs" : "is off";
    return `${label(urn)}: ${power}, ${String(properties.memory)} MiB, ${disks.join(" ")}`;
  };
  const { items = [] } = (guests.nodeList() ?? {}) as { items?: NodeObject[] };
  const { nodes = [] } = stackOutputs(state) as { nodes?: { name: string; image: string }[] };
  return [
    ...[...world.ofKind("Network"), ...world.ofKind("Pool")].map(({ urn }) => label(urn)),
    ...world.ofKind("Volume").map(ofVolume),
    ...world.ofKind("Domain").map(ofDomain),
    ...items.map(({ metadata, status }) => `Node ${metadata.name}: ${status.conditions[0]?.status}`),
    ...[...world.reservations.values()].map((name) => `reservation of ${name}`),
    ...nodes.map(({ name, image }) => `output ${name} with the ${imageOf(image.slice(0, 12))} image`),
    ...workerSettings(state),
  ].sort();
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly status: string }[] };
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

/** Differences between two lists of lines; none when both have the same. */
export function differences(expected: readonly string[], found: readonly string[]): readonly string[] {
  const counted = (lines: readonly string[], line: string) => lines.filter((other) => other === line).length;
  return [...new Set([...expected, ...found])].flatMap((line) => {
    const [should, is] = [counted(expected, line), counted(found, line)];
    return should === is ? [] : [`expected ${should} of "${line}", found ${is}`];
  });
}

/**
 * Differences between the desired cluster and what exists after a complete run, and between the state and the world.
 * @param images Images by their short digest.
 */
export async function clusterProblems(
  stack: TestStack,
  desired: Desired,
  images: ReadonlyMap<string, Image>,
): Promise<readonly string[]> {
  const text = await stack.exportText();
  const state = parseState(text);
  const isUnfinished = state.pending.length > 0 || state.resources.some((resource) => resource.delete);
  return [
    ...differences(expectedObjects(desired), foundObjects(stack, state, images)),
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

/** Whether two settings are the same. */
export function isSame(one: Desired, other: Desired): boolean {
  return isDeepStrictEqual(one, other);
}
