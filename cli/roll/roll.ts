import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { agreeingCommand } from "../consent/consent.ts";
import { localImage } from "../../image/download.ts";
import { inspectImage, readHeader } from "../../image/inspect.ts";
import { isUrl, type ImageReference } from "../../image/location.ts";
import type { Log } from "../../lib/log.ts";
import { shortDigest } from "../../lib/digest.ts";
import { imagesOfNodes } from "../stack/node-images.ts";
import type { Session } from "../stack/session.ts";
import type { StackSettings } from "../stack/settings.ts";
import { readState, stackOutputs, type StackState } from "../stack/state.ts";
import { RefusedError } from "../consent/unattended.ts";
import {
  describeImages,
  imageSettings,
  planRoll,
  planUndo,
  runsEverywhere,
  type SettingChanges,
  type RollRequest,
} from "./plan.ts";

/** Session, settings and callbacks of a roll. */
export interface RollContext {
  readonly session: Session;
  /** State of the stack before the roll. */
  readonly state: StackState;
  /** The stack's settings before the roll. */
  readonly settings: Pick<StackSettings, "get">;
  /** Runs `up`; returns Pulumi's exit code. */
  readonly up: (args: readonly string[]) => Promise<number>;
  /** Takes a backup. It never fails, because the control plane's data disk stays. */
  readonly backUp: () => Promise<unknown>;
  /** Returns the nodes as the cluster lists them. */
  readonly nodeTable: () => Promise<string>;
  readonly log: Log;
  /** Whether there is no terminal to confirm the replacement of nodes. @default false */
  readonly unattended?: boolean;
}

/**
 * Rolls a cluster out to another image, or back to the image before. Checks the image, writes it into the stack's settings and
 * runs `up`, which replaces the nodes batch by batch. The same request resumes an interrupted roll.
 * @returns Pulumi's exit code.
 * @throws when the image cannot be used, and when the stack has no cluster. The settings are then unchanged.
 * @throws {RefusedError} naming the nodes that would be replaced, without a terminal. The settings are then unchanged.
 */
export async function roll(request: RollRequest, context: RollContext): Promise<number> {
  const { session, state, settings, up, backUp, nodeTable, log, unattended = false } = context;
  if (unattended) await refuseReplacements(request, context);
  const plan =
    request.image === undefined
      ? planUndo(state, settings)
      : planRoll(await checkImage(request.image), state, settings);
  // The previous image may have been deleted since the last roll.
  const image = request.image === undefined ? await checkImage(plan.image) : plan.image;
  if (runsEverywhere(state, image)) {
    // The settings may name an image that no node runs. Settings without an image stay so.
    if (settings.get("image") !== "") await write(session, request.config, imageSettings(image));
    log(`every node already runs ${describeImage(image)}; there is nothing to do`);
    return 0;
  }
  const previous = plan.before.previousImage;
  if (previous !== undefined && !isUrl(previous) && !existsSync(previous)) {
    log(`the current image, ${previous}, is missing. Fix: put it back there before you use --undo`);
  }

  console.log(await nodeTable());
  const changes = {
    ...plan.before,
    ...(request.maxUnavailable === undefined ? {} : { maxUnavailable: request.maxUnavailable }),
  };
  if (replacesControlPlane(state, image)) await backUp();
  await write(session, request.config, changes);
  const attempt = await up(request.up).then(
    (code): Attempt => ({ code }),
    (failure: unknown): Attempt => ({ code: 1, failure }),
  );
  if (attempt.code !== 0) return endUnfinished(image, request, context, Object.keys(changes), attempt);
  await write(session, request.config, plan.after);
  console.log(`\n${await nodeTable()}`);
  return 0;
}

function replacesControlPlane(state: StackState, { sha256 }: ImageReference): boolean {
  const nodes = (stackOutputs(state).nodes ?? []) as { readonly name: string; readonly role: string }[];
  const isControlPlane = (name: string) => nodes.some((node) => node.name === name && node.role === "control-plane");
  return imagesOfNodes(state).some(({ node, image }) => isControlPlane(node) && image !== shortDigest(sha256));
}

/** Result of an `up`: its exit code, and the error that it threw. */
interface Attempt {
  readonly code: number;
  readonly failure?: unknown;
}

/**
 * Restores the settings where no node was changed, and logs how to continue otherwise.
 * @param keys Settings that the roll has written.
 * @returns the exit code of `up`.
 * @throws the error of `up`, after that.
 */
async function endUnfinished(
  image: ImageReference,
  request: RollRequest,
  { session, state, settings, log }: RollContext,
  keys: readonly string[],
  { code, failure }: Attempt,
): Promise<number> {
  const nodes = imagesOfNodes(await readState(session));
  const isUnchanged = JSON.stringify(imagesOfNodes(state)) === JSON.stringify(nodes);
  if (isUnchanged) {
    await restore(session, request.config, settings, keys);
    log("no node was changed, and the stack's settings are restored");
  }
  // An earlier attempt may have replaced some nodes.
  const isStarted = nodes.some((node) => node.image === shortDigest(image.sha256));
  const isPartial = !isUnchanged || (failure === undefined && isStarted);
  if (isPartial) log(`not every node runs ${describeImage(image)} yet:\n${describeImages(nodes, image)}`);
  if (failure !== undefined) throw failure as Error;
  const [other, effect] = request.image ? ["--undo", "rolls back"] : ["--image IMAGE", "rolls forward again"];
  if (isPartial) log(`repeat the same command to resume; \`npm run roll -- ${other}\` ${effect}`);
  return code;
}

function describeImage({ source, sha256 }: ImageReference): string {
  return `${source} (${shortDigest(sha256)})`;
}

/**
 * Refuses a roll that replaces nodes, before an image is downloaded: the request or the settings have the hash of a URL.
 * @throws {RefusedError} naming the nodes.
 */
async function refuseReplacements(
  { image, ...request }: RollRequest,
  { session, state, settings }: Pick<RollContext, "session" | "state" | "settings">,
): Promise<void> {
  const given = image === undefined ? planUndo(state, settings).image : image;
  const desired = isUrl(given.source) ? given : await checkImage(given);
  if (runsEverywhere(state, desired)) return;
  const other = imagesOfNodes(state).filter((node) => node.image !== shortDigest(desired.sha256));
  // Only deletions of an earlier roll remain. `up` refuses those that lose data.
  if (other.length === 0) return;
  const lines = other.map((node) => `  replace  machine ${node.node}, which runs ${node.image ?? "nothing"}`);
  const option = image === undefined ? ["--undo"] : ["--image", image.source];
  const hash = image?.sha256 ? ["--sha256", image.sha256] : [];
  const limit = request.maxUnavailable === undefined ? [] : ["--max-unavailable", request.maxUnavailable];
  throw new RefusedError(
    lines.join("\n"),
    agreeingCommand("roll", session.stack, [...option, ...hash, ...limit, ...request.config]),
  );
}

/**
 * Checks an image as the program will, so that the settings never name an unusable one. Downloads an image that a URL names.
 * @returns the image, its path made absolute and its hash filled in.
 * @throws with the reason why it cannot be used.
 */
export async function checkImage({ source, sha256 }: ImageReference): Promise<ImageReference> {
  if (isUrl(source)) {
    const { expected } = readHeader((await localImage({ source, sha256 })).source);
    if (expected !== undefined) throw new Error(`the image ${source} cannot be used: expected ${expected}`);
    return { source, sha256 };
  }
  // npm changes into the checkout. INIT_CWD is the user's folder.
  const path = resolve(process.env.INIT_CWD ?? "", source);
  const found = await inspectImage(path);
  if (found === undefined) throw new Error(`the image ${path} cannot be read`);
  if (found.expected !== undefined) throw new Error(`the image ${path} cannot be used: expected ${found.expected}`);
  if (sha256 !== "" && found.sha256 !== sha256) {
    throw new Error(`the image ${path} has SHA-256 ${found.sha256}, expected ${sha256}`);
  }
  return { source: path, sha256: found.sha256 };
}

/** Writes settings in one call, so that a kill leaves all of them or none. */
async function write({ stack, capture }: Session, options: readonly string[], changes: SettingChanges): Promise<void> {
  const pairs = Object.entries(changes).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  if (pairs.length > 0) await capture(["config", "set-all", ...pairs, ...options, "--stack", stack]);
}

/** Restores settings; those that the stack did not have are removed. */
async function restore(
  session: Session,
  options: readonly string[],
  { get }: Pick<StackSettings, "get">,
  keys: readonly string[],
): Promise<void> {
  const unset = keys.filter((key) => get(key) === "");
  const set = keys.filter((key) => get(key) !== "");
  await write(session, options, Object.fromEntries(set.map((key) => [key, get(key)])));
  if (unset.length > 0) await session.capture(["config", "rm-all", ...unset, ...options, "--stack", session.stack]);
}
