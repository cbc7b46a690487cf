import { parseArgs } from "node:util";
import { isUrl, type ImageReference } from "../../image/location.ts";
import { imageOfBaseVolume, resourceName, resourceType, shortDigest } from "../../names.ts";
import { clusterOf } from "../recovery/owner.ts";
import { columns } from "../../lib/table.ts";
import type { StackSettings } from "../stack/settings.ts";
import type { StackState, StateResource } from "../stack/state.ts";

/** What `npm run roll` is asked to do. */
export interface RollRequest {
  /** The image to roll to; undefined to go back to the one before. */
  readonly image: ImageReference | undefined;
  /** For the stack's configuration; undefined to leave that as it is. */
  readonly maxUnavailable: string | undefined;
  /** Arguments for `pulumi up`. */
  readonly up: readonly string[];
  /** Arguments for `pulumi config`. */
  readonly config: readonly string[];
}

const usage =
  "npm run roll -- --image NEW [--sha256 HASH] [--max-unavailable N] [--yes] [--stack S]\n" +
  "npm run roll -- --undo [--yes] [--stack S]";

/** Reads the arguments of `npm run roll`, without `--stack`. @throws naming everything that is wrong with them. */
export function parseRoll(args: readonly string[]): RollRequest {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      image: { type: "string" },
      sha256: { type: "string" },
      "max-unavailable": { type: "string" },
      "config-file": { type: "string" },
      undo: { type: "boolean", default: false },
      yes: { type: "boolean", default: false, short: "y" },
    },
  });
  const { image, undo, yes } = values;
  const sha256 = values.sha256?.toLowerCase() ?? "";
  const maxUnavailable = values["max-unavailable"];
  const problems = [
    ...positionals.map((text) => `${text} is no option`),
    ...(Boolean(image) === undo ? ["wanted either --image or --undo"] : []),
    ...(undo && sha256 ? ["--undo knows the image's hash itself"] : []),
    ...(sha256 && !/^[0-9a-f]{64}$/.test(sha256) ? ["--sha256 wants 64 hexadecimal digits"] : []),
    ...(isUrl(image ?? "") && !sha256 ? ["an image that is downloaded needs --sha256"] : []),
    ...(maxUnavailable !== undefined && !/^[1-9]\d{0,4}$/.test(maxUnavailable)
      ? [`--max-unavailable wants a number of at least 1, got ${maxUnavailable}`]
      : []),
  ];
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${usage}`);
  const file = values["config-file"] === undefined ? [] : ["--config-file", values["config-file"]];
  return {
    image: image ? { source: image, sha256 } : undefined,
    maxUnavailable,
    up: [...(yes ? ["--yes"] : []), ...file],
    config: file,
  };
}

/** A node, and the image its root disk is an overlay of. */
export interface NodeImage {
  readonly node: string;
  /** First 12 hexadecimal digits of the image's SHA-256; undefined while the node has no machine. */
  readonly image: string | undefined;
}

/** What the state says that each node runs; nodes of the last complete `up` that have no machine now come last. */
export function imagesOfNodes(state: StackState): readonly NodeImage[] {
  const cluster = clusterOf(state);
  const volumes = new Map(existing(state, resourceType.volume).map((volume) => [volume.id, volume]));
  const machines = existing(state, resourceType.domain).map(({ outputs = {} }) => {
    const [root] = (outputs.disks ?? []) as { volumeId?: string }[];
    const base = volumes.get(String(volumes.get(root?.volumeId)?.outputs?.baseVolumeId));
    return { node: String(outputs.name).replace(resourceName(cluster, ""), ""), image: digestOf(base) };
  });
  const known = (stackOutputs(state).nodes ?? []) as { name: string }[];
  const missing = known.filter(({ name }) => !machines.some(({ node }) => node === name));
  return [...machines, ...missing.map(({ name }) => ({ node: name, image: undefined }))];
}

/** The image that the last complete `up` gave every node. @throws when there was none. */
export function imageInUse(state: StackState, { get }: Pick<StackSettings, "get">): ImageReference {
  const { imageHash } = stackOutputs(state);
  if (typeof imageHash !== "string") throw new Error("this stack has no cluster yet: set image and run `npm run up`");
  const configured = get("image");
  if (configured !== "" && get("imageSha256") === imageHash) return { source: configured, sha256: imageHash };
  // The stack may name no image, or another one since: the base volume remembers what was uploaded.
  const base = existing(state, resourceType.volume).find((volume) => digestOf(volume) === shortDigest(imageHash));
  const source = base?.inputs?.source ?? base?.outputs?.source;
  return { source: typeof source === "string" ? source : configured, sha256: imageHash };
}

/** Settings to write, as text. */
export type Changes = Readonly<Record<string, string>>;

/** What a roll writes into the stack's configuration: at its beginning, and when every node runs the image. */
export interface RollPlan {
  readonly image: ImageReference;
  readonly before: Changes;
  readonly after: Changes;
}

/**
 * Plans a roll to another image. Repeated after it was cut off, it plans the same: the image to go back to stays the one
 * that all nodes ran last.
 */
export function planRoll(image: ImageReference, state: StackState, settings: Pick<StackSettings, "get">): RollPlan {
  const { get } = settings;
  const inUse = imageInUse(state, settings);
  const configured = { source: get("image"), sha256: get("imageSha256") };
  // Back to what all nodes ran, by name: what the unfinished roll went to is the image before then.
  const other = inUse.sha256 === image.sha256 ? configured : inUse;
  const keeps = isSame(configured, image) || isSame(other, image) || other.source === "";
  return { image, before: { ...naming(image), ...(keeps ? {} : remembering(other)) }, after: {} };
}

/**
 * Plans the way back. Until it is at its end the image to go back to stays written down, so that the same command goes on
 * after it was cut off; then the image that was left takes its place, and the same command goes forth again.
 * @throws when no roll wrote an image down.
 */
export function planUndo(state: StackState, settings: Pick<StackSettings, "get">): RollPlan {
  const { get } = settings;
  const image = { source: get("previousImage"), sha256: get("previousImageSha256") };
  if (image.source === "") throw new Error("there is nothing to undo: no `npm run roll` wrote down an image before");
  const configured = { source: get("image"), sha256: get("imageSha256") };
  const other = isSame(configured, image) ? imageInUse(state, settings) : configured;
  return { image, before: naming(image), after: isSame(other, image) ? {} : remembering(other) };
}

/**
 * Whether every node runs an image already, and the last `up` with it was complete: one that only failed to delete what it
 * replaced has all its machines and outputs, too.
 */
export function runsEverywhere(state: StackState, { sha256 }: ImageReference): boolean {
  const isComplete = stackOutputs(state).imageHash === sha256 && !state.resources.some((resource) => resource.delete);
  return isComplete && imagesOfNodes(state).every(({ image }) => image === shortDigest(sha256));
}

/** Nodes and images as lines for a person. */
export function describeImages(nodes: readonly NodeImage[], wanted: ImageReference): string {
  const words = (image: string | undefined) => {
    if (image === undefined) return "no machine";
    return image === shortDigest(wanted.sha256) ? `${image} (wanted)` : image;
  };
  return columns([["NODE", "IMAGE"], ...nodes.map(({ node, image }) => [node, words(image)])]);
}

/** The settings that name an image. */
export function naming({ source, sha256 }: ImageReference): Changes {
  return { image: source, imageSha256: sha256 };
}

function remembering({ source, sha256 }: ImageReference): Changes {
  return { previousImage: source, previousImageSha256: sha256 };
}

function isSame(one: ImageReference, other: ImageReference): boolean {
  return one.source === other.source && one.sha256 === other.sha256;
}

function stackOutputs({ resources }: StackState): Readonly<Record<string, unknown>> {
  return resources.find(({ type }) => type === resourceType.stack)?.outputs ?? {};
}

/** Resources that exist; one that only waits for its deletion does not count. */
function existing({ resources }: StackState, type: string): StateResource[] {
  return resources.filter((resource) => resource.type === type && !resource.delete);
}

/** The digest in the name of a base image's volume, behind which the cluster's id stands in volumes of this release. */
function digestOf(volume: StateResource | undefined): string | undefined {
  return imageOfBaseVolume(String(volume?.outputs?.name));
}
