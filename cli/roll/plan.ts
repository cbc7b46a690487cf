import { isUrl, type ImageReference } from "../../image/location.ts";
import { shortDigest } from "../../lib/digest.ts";
import { resourceType } from "../../names.ts";
import { imageOfVolume, imagesOfNodes, type NodeImage } from "../stack/node-images.ts";
import type { StackSettings } from "../stack/settings.ts";
import { resourcesOf, stackOutputs, type StackState } from "../stack/state.ts";
import { columns } from "../../lib/table.ts";

/** A request to roll a cluster out to an image, or back. */
export interface RollRequest {
  /** Image to roll out; undefined to roll back to the previous image. */
  readonly image: ImageReference | undefined;
  /** New value of the setting maxUnavailable; undefined to keep it. */
  readonly maxUnavailable: string | undefined;
  /** Arguments for `pulumi up`. */
  readonly up: readonly string[];
  /** Arguments for `pulumi config`. */
  readonly config: readonly string[];
}

/** Options of `npm run roll`, as the user typed them. */
export interface RollOptions {
  readonly image?: string;
  readonly sha256?: string;
  readonly undo?: boolean;
  readonly maxUnavailable?: string;
  readonly yes?: boolean;
}

/**
 * Returns the request that the options describe.
 * @param configFile Arguments that name the file with the stack's settings.
 * @throws naming every problem with the options.
 */
export function rollRequest(options: RollOptions, configFile: readonly string[] = []): RollRequest {
  const { image, undo, maxUnavailable, yes } = options;
  const sha256 = options.sha256?.toLowerCase() ?? "";
  const problems = [
    ...(!image && !undo ? ["expected either --image or --undo, got neither"] : []),
    ...(image && undo ? ["expected either --image or --undo, got both"] : []),
    ...(undo && sha256 ? ["--undo excludes --sha256, because the stack's settings have the hash of the image"] : []),
    ...(sha256 && !/^[0-9a-f]{64}$/.test(sha256) ? [`--sha256 must be 64 hexadecimal digits, got ${sha256}`] : []),
    ...(isUrl(image ?? "") && !sha256 ? ["an image URL needs --sha256"] : []),
    ...(maxUnavailable !== undefined && !/^[1-9]\d{0,4}$/.test(maxUnavailable)
      ? [`--max-unavailable must be a number of at least 1, got ${maxUnavailable}`]
      : []),
  ];
  if (problems.length > 0) {
    const lines = problems.map((problem) => `npm run roll: ${problem}`);
    throw new Error(`${lines.join("\n")}\nFix: \`npm run roll -- --help\` lists the options`);
  }
  return {
    image: image ? { source: image, sha256 } : undefined,
    maxUnavailable,
    up: [...(yes ? ["--yes"] : []), ...configFile],
    config: configFile,
  };
}

/** Returns the image that the last complete `up` gave every node. @throws when there was none. */
export function imageInUse(state: StackState, { get }: Pick<StackSettings, "get">): ImageReference {
  const { imageHash } = stackOutputs(state);
  if (typeof imageHash !== "string") {
    throw new Error(
      "this stack has no cluster yet, so there is nothing to roll. Fix: set `image` and run `npm run up`",
    );
  }
  const configured = get("image");
  if (configured !== "" && get("imageSha256") === imageHash) return { source: configured, sha256: imageHash };
  // The settings may name no image, or a newer one. The base volume has the source that was uploaded.
  const base = resourcesOf(state, resourceType.volume).find(
    (volume) => imageOfVolume(volume) === shortDigest(imageHash),
  );
  const source = base?.inputs?.source ?? base?.outputs?.source;
  return { source: typeof source === "string" ? source : configured, sha256: imageHash };
}

/** Settings to write, as text. */
export type SettingChanges = Readonly<Record<string, string>>;

/** Changes that a roll makes to the stack's settings: at its start, and once every node runs the image. */
export interface RollPlan {
  readonly image: ImageReference;
  readonly before: SettingChanges;
  readonly after: SettingChanges;
}

/**
 * Plans a roll to another image. An interrupted roll has the same plan again: `previousImage` is the last image that all nodes
 * ran.
 */
export function planRoll(image: ImageReference, state: StackState, settings: Pick<StackSettings, "get">): RollPlan {
  const { get } = settings;
  const inUse = imageInUse(state, settings);
  const configured = { source: get("image"), sha256: get("imageSha256") };
  // A roll back by name to the image that all nodes ran. `previousImage` becomes the image of the interrupted roll.
  const other = inUse.sha256 === image.sha256 ? configured : inUse;
  const keeps = isSame(configured, image) || isSame(other, image) || other.source === "";
  return { image, before: { ...imageSettings(image), ...(keeps ? {} : previousImageSettings(other)) }, after: {} };
}

/**
 * Plans a rollback. `previousImage` is kept until the rollback completes, so an interrupted rollback can be resumed. It then
 * becomes the image rolled back from, so running `--undo` again rolls forward.
 * @throws when no roll has set `previousImage`.
 */
export function planUndo(state: StackState, settings: Pick<StackSettings, "get">): RollPlan {
  const { get } = settings;
  const image = { source: get("previousImage"), sha256: get("previousImageSha256") };
  if (image.source === "") {
    throw new Error("there is nothing to undo, because no `npm run roll` has set previousImage");
  }
  const configured = { source: get("image"), sha256: get("imageSha256") };
  const other = isSame(configured, image) ? imageInUse(state, settings) : configured;
  return { image, before: imageSettings(image), after: isSame(other, image) ? {} : previousImageSettings(other) };
}

/**
 * Whether every node runs an image already, and the last `up` with it was complete. An `up` that fails in its last deletions
 * has all machines and outputs, so no resource may wait for its deletion.
 */
export function runsEverywhere(state: StackState, { sha256 }: ImageReference): boolean {
  const isComplete = stackOutputs(state).imageHash === sha256 && !state.resources.some((resource) => resource.delete);
  return isComplete && imagesOfNodes(state).every(({ image }) => image === shortDigest(sha256));
}

/** Nodes and their images as a table. */
export function describeImages(nodes: readonly NodeImage[], desired: ImageReference): string {
  const words = (image: string | undefined) => {
    if (image === undefined) return "no machine";
    return image === shortDigest(desired.sha256) ? `${image} (desired)` : image;
  };
  return columns([["NODE", "IMAGE"], ...nodes.map(({ node, image }) => [node, words(image)])]);
}

/** Settings that name an image. */
export function imageSettings({ source, sha256 }: ImageReference): SettingChanges {
  return { image: source, imageSha256: sha256 };
}

function previousImageSettings({ source, sha256 }: ImageReference): SettingChanges {
  return { previousImage: source, previousImageSha256: sha256 };
}

function isSame(one: ImageReference, other: ImageReference): boolean {
  return one.source === other.source && one.sha256 === other.sha256;
}
