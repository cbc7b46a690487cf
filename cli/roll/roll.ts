import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { agreeing } from "../consent/consent.ts";
import { localImage } from "../../image/download.ts";
import { inspectImage, readHeader } from "../../image/inspect.ts";
import { isUrl, type ImageReference } from "../../image/location.ts";
import type { Log } from "../../lib/log.ts";
import { shortDigest } from "../../names.ts";
import type { Session } from "../session.ts";
import type { StackSettings } from "../stack/settings.ts";
import { readState, type StackState } from "../stack/state.ts";
import { RefusedError } from "../consent/unattended.ts";
import {
  describeImages,
  imagesOfNodes,
  naming,
  planRoll,
  planUndo,
  runsEverywhere,
  type Changes,
  type RollRequest,
} from "./plan.ts";

/** What a roll works with. */
export interface RollSurroundings {
  readonly session: Session;
  /** The stack's settings before the roll. */
  readonly settings: Pick<StackSettings, "get">;
  /** Makes the cluster what the configuration says; returns Pulumi's exit code. */
  readonly bringUp: (args: readonly string[]) => Promise<number>;
  /** The cluster's nodes as the cluster shows them. */
  readonly nodeTable: () => Promise<string>;
  readonly log: Log;
  /** Whether nobody can be asked about what is replaced. @default false */
  readonly unattended?: boolean;
}

/**
 * Rolls a cluster to another image, or back to the one before: checks the image, writes it into the stack's configuration
 * and brings the cluster up, which replaces its nodes batch by batch.
 *
 * Cut off at any point, the same request goes on.
 * @returns Pulumi's exit code.
 * @throws when the image cannot be used, there is no cluster, or nodes would be replaced and nobody can be asked; the
 * configuration is then as it was.
 */
export async function roll(request: RollRequest, surroundings: RollSurroundings): Promise<number> {
  const { session, settings, bringUp, nodeTable, log, unattended = false } = surroundings;
  const state = await readState(session);
  if (unattended) await refuseReplacements(request, state, surroundings);
  const plan =
    request.image === undefined
      ? planUndo(state, settings)
      : planRoll(await checkImage(request.image), state, settings);
  // An image to go back to may have been deleted since it was written down.
  const image = request.image === undefined ? await checkImage(plan.image) : plan.image;
  const name = `${image.source} (${shortDigest(image.sha256)})`;
  if (runsEverywhere(state, image)) {
    // The configuration may name one that never came to run. Where it names none, that stays so.
    if (settings.get("image") !== "") await write(session, request.config, naming(image));
    log(`every node runs ${name} already; there is nothing to do`);
    return 0;
  }
  const previous = plan.before.previousImage;
  if (previous !== undefined && !isUrl(previous) && !existsSync(previous)) {
    log(`the image in use, ${previous}, cannot be read any more: --undo will want it back there`);
  }

  console.log(await nodeTable());
  const changes = {
    ...plan.before,
    ...(request.maxUnavailable === undefined ? {} : { maxUnavailable: request.maxUnavailable }),
  };
  await write(session, request.config, changes);
  // The configuration is put back, whatever kept the roll from beginning.
  let failure: unknown;
  const code = await bringUp(request.up).catch((error: unknown) => {
    failure = error;
    return 1;
  });
  if (code === 0) {
    await write(session, request.config, plan.after);
    console.log(`\n${await nodeTable()}`);
    return 0;
  }

  const [were, are] = [imagesOfNodes(state), imagesOfNodes(await readState(session))];
  if (JSON.stringify(were) === JSON.stringify(are)) {
    await putBack(session, request.config, settings, Object.keys(changes));
    log("no node was touched; the stack's configuration is what it was before");
    if (failure !== undefined) throw failure as Error;
    if (!are.some((node) => node.image === shortDigest(image.sha256))) return code;
  }
  log(`not every node runs ${name} yet:\n${describeImages(are, image)}`);
  if (failure !== undefined) throw failure as Error;
  const [way, back] = request.image ? ["goes back", "--undo"] : ["goes forth again", "--image IMAGE"];
  log(`the same command goes on; \`npm run roll -- ${back}\` ${way}`);
  return code;
}

/**
 * Refuses a roll that replaces nodes, before an image is downloaded: one that is named by URL is known by its hash.
 * @throws {RefusedError} naming the nodes.
 */
async function refuseReplacements(
  { image, ...request }: RollRequest,
  state: StackState,
  { session, settings }: Pick<RollSurroundings, "session" | "settings">,
): Promise<void> {
  const wanted = image === undefined ? planUndo(state, settings).image : image;
  const known = isUrl(wanted.source) ? wanted : await checkImage(wanted);
  if (runsEverywhere(state, known)) return;
  const other = imagesOfNodes(state).filter((node) => node.image !== shortDigest(known.sha256));
  // Then what is left of an earlier roll is cleared away, if its plan loses nothing.
  if (other.length === 0) return;
  const lines = other.map((node) => `  replace  machine ${node.node}, which runs ${node.image ?? "nothing"}`);
  const option = image === undefined ? ["--undo"] : ["--image", image.source];
  const rest = image?.sha256 ? ["--sha256", image.sha256] : [];
  const away = request.maxUnavailable === undefined ? [] : ["--max-unavailable", request.maxUnavailable];
  throw new RefusedError(
    lines.join("\n"),
    agreeing("roll", session.stack, [...option, ...rest, ...away, ...request.config]),
  );
}

/**
 * Checks an image as the program will, so that a wrong one never gets into the configuration; one named by URL is
 * downloaded. A path is made absolute: it is kept.
 * @throws saying what is wrong with it.
 */
export async function checkImage({ source, sha256 }: ImageReference): Promise<ImageReference> {
  if (isUrl(source)) {
    const { wanted } = readHeader((await localImage({ source, sha256 })).source);
    if (wanted !== undefined) throw new Error(`the image ${source} cannot be used: wanted ${wanted}`);
    return { source, sha256 };
  }
  // npm changes into the checkout; INIT_CWD is where the user stands.
  const path = resolve(process.env.INIT_CWD ?? "", source);
  const found = await inspectImage(path);
  if (found === undefined) throw new Error(`the image ${path} cannot be read`);
  if (found.wanted !== undefined) throw new Error(`the image ${path} cannot be used: wanted ${found.wanted}`);
  if (sha256 !== "" && found.sha256 !== sha256) {
    throw new Error(`the image ${path} has SHA-256 ${found.sha256}, wanted ${sha256}`);
  }
  return { source: path, sha256: found.sha256 };
}

/** Writes settings in one go, so that a kill leaves all of them or none. */
async function write({ stack, capture }: Session, options: readonly string[], changes: Changes): Promise<void> {
  const pairs = Object.entries(changes).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  if (pairs.length > 0) await capture(["config", "set-all", ...pairs, ...options, "--stack", stack]);
}

async function putBack(
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
