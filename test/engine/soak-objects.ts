import { imageOfBaseVolume } from "../../names.ts";
import { label } from "./names.ts";
import type { Model, NodeState } from "./soak-model.ts";
import { ownerOf, type OtherOwner } from "./soak-resources.ts";
import { controlPlane, type Image } from "./soak-settings.ts";
import type { TestStack } from "./stack.ts";
import type { Thing } from "./things.ts";

/** An object in libvirt or in Kubernetes as one line, and the owner of the object. */
interface ObjectLine {
  readonly owner: string;
  readonly line: string;
}

/** A disk of a domain that was removed by hand. */
const missing = "a missing disk";

/** Every object that a cluster must have, by what the model knows. */
function expectedObjects({ nodes, bases }: Model): readonly ObjectLine[] {
  const of = (owner: OtherOwner, lines: readonly string[]) => lines.map((line) => ({ owner, line }));
  return [
    ...of("cluster", ["Network network", "Pool pool"]),
    ...of("data disk", ["Volume master-data"]),
    ...of("base images", [...(bases ?? [])].map(baseLine)),
    ...[...nodes].flatMap(([name, node]) => nodeLines(name, node).map((line) => ({ owner: name, line }))),
  ];
}

/** Lines about a node. Nothing is known about a node without settings. */
function nodeLines(name: string, { settings, damage }: NodeState): readonly string[] {
  if (settings === undefined) return [];
  const disks = [
    damage.has("root") ? missing : `${name}-root`,
    damage.has("seed") ? missing : `${name}-seed`,
    ...(name === controlPlane ? ["master-data"] : []),
  ];
  const runs = !damage.has("off") && !damage.has("domain");
  return [
    ...(damage.has("domain") ? [] : [domainLine(name, runs, settings.memoryMiB, disks)]),
    ...(damage.has("root") ? [] : [rootLine(name, settings.image)]),
    ...(damage.has("seed") ? [] : [`Volume ${name}-seed`]),
    ...(damage.has("Node") ? [] : [nodeLine(name, runs ? "True" : "Unknown")]),
    `reservation of ${name}`,
  ];
}

const baseLine = (image: string) => `Volume base of the ${image} image`;
const rootLine = (name: string, image: string) => `Volume ${name}-root on the ${image} image`;
const nodeLine = (name: string, status: string | undefined) => `Node ${name}: ${status}`;
const domainLine = (name: string, runs: boolean, memoryMiB: unknown, disks: readonly string[]) =>
  `Domain ${name}: ${runs ? "runs" : "is off"}, ${String(memoryMiB)} MiB, ${disks.join(", ")}`;

/** The same lines about what exists. */
function foundObjects(
  { world, guests }: Pick<TestStack, "world" | "guests">,
  images: ReadonlyMap<string, Image>,
): readonly ObjectLine[] {
  const imageIn = (volume: unknown) => images.get(imageOfBaseVolume(String(volume)) ?? "") ?? "unknown";
  const shortName = ({ urn }: Thing) => label(urn).replace(/^\w+ /, "");
  const diskName = (id: string) => {
    const volume = world.withId("Volume", id);
    return volume === undefined ? missing : shortName(volume);
  };
  const line = (thing: Thing) => {
    const { urn, id, properties } = thing;
    const name = shortName(thing);
    if (label(urn) === "Volume base") return baseLine(imageIn(id));
    if (label(urn) === `Domain ${name}`) {
      const disks = (properties.disks as { volumeId: string }[]).map(({ volumeId }) => diskName(volumeId));
      return domainLine(name, guests.isRunning(id) && properties.running === true, properties.memory, disks);
    }
    return name.endsWith("-root") ? rootLine(name.slice(0, -5), imageIn(properties.baseVolumeId)) : label(urn);
  };
  const { items = [] } = (guests.nodeList() ?? {}) as { items?: NodeObject[] };
  return [
    ...["Network", "Pool", "Volume", "Domain"]
      .flatMap((kind) => world.ofKind(kind))
      .map((thing) => ({ owner: ownerOf(label(thing.urn)) ?? "nothing", line: line(thing) })),
    ...items.map(({ metadata: { name }, status }) => ({
      owner: name,
      line: nodeLine(name, status.conditions[0]?.status),
    })),
    ...[...world.reservations.values()].map((name) => ({ owner: name, line: `reservation of ${name}` })),
  ];
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly status: string }[] };
}

/**
 * Differences between what the model knows of libvirt and Kubernetes and what exists. It leaves out objects that the model
 * cannot know after a run that ended early.
 * @param images Images by their short digest.
 */
export function objectProblems(
  stack: Pick<TestStack, "world" | "guests">,
  model: Model,
  images: ReadonlyMap<string, Image>,
): readonly string[] {
  const known = (objects: readonly ObjectLine[]) =>
    objects
      .filter(({ owner, line }) => (line.startsWith("Node ") ? model.knowsNode(owner) : model.knows(owner)))
      .map(({ line }) => line)
      .sort();
  return differences(known(expectedObjects(model)), known(foundObjects(stack, images)));
}

/** Differences between two lists of lines; none when both have the same. */
export function differences(expected: readonly string[], found: readonly string[]): readonly string[] {
  const counted = (lines: readonly string[], line: string) => lines.filter((other) => other === line).length;
  return [...new Set([...expected, ...found])].flatMap((line) => {
    const [should, is] = [counted(expected, line), counted(found, line)];
    return should === is ? [] : [`expected ${should} of "${line}", found ${is}`];
  });
}
