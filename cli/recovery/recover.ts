import { virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { readLogin } from "../environment.ts";
import { halfUploads, removeHalfUploads } from "./partial-uploads.ts";
import { removeLeftovers, type Leftover } from "./orphans.ts";
import { libvirtRefresh } from "../stack/refresh.ts";
import { logLine, type Log } from "../../lib/log.ts";
import type { Session } from "../session.ts";
import { protectData } from "../stack/protection.ts";
import { projectName, stackBaseName } from "../stack/settings.ts";
import { readState, type StackState } from "../stack/state.ts";
import { lastPlace, shareStack, StackHold } from "../stack/hold.ts";
import { placeHere } from "../../lib/place.ts";
import { backendFolder, holderOf, readLocks, release, type Holder, type StateLock } from "../stack/lock.ts";
import { removeUnstartedDomains } from "./failed-domains.ts";

/** What a test replaces. */
export interface TakeoverOptions {
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
  /** Milliseconds to wait for another command on the stack. @default 20_000 */
  readonly wait?: number;
}

/**
 * Clears away what an earlier run left that the next one would stumble over: of a run that was killed its lock, and what
 * libvirt made and nobody wrote down; of one that failed by itself half uploaded volumes, and domains that never started.
 * The control plane's data is protected again where a `destroy` that was killed had lifted that.
 * The next run then goes on where that one stopped.
 *
 * Reads the state and asks virsh for one list when there is nothing to clear away. Holds the stack from then on, until the
 * process ends. Leaves everything to Pulumi while another run works on the stack, or may do so in another container or on
 * another machine; where the backend is not a folder of this machine nobody can tell, and only half uploads go, which are of no
 * use to anybody.
 * @returns what holds the stack; undefined where the backend is not a folder of this machine.
 * @throws an {@link AnotherRunError} while another command works on the stack, or when another run of Pulumi begins to;
 * when a hypervisor cannot be asked about half uploads or about what a killed run was creating.
 */
export async function recover(session: Session, options: TakeoverOptions = {}): Promise<StackHold | undefined> {
  const { connect = virshFor, log = logLine } = options;
  const place = placeOf(session);
  const hold = place && (await StackHold.take(place.folder, place.project, place.stack, { ...options, log }));
  try {
    await clearAway(session, connect, log, hold);
    return hold;
  } catch (error) {
    hold?.release();
    throw error;
  }
}

async function clearAway(
  session: Session,
  connect: (uri: string) => Virsh,
  log: Log,
  hold: StackHold | undefined,
): Promise<void> {
  const tell = ({ what, left }: Leftover, why: string) =>
    log(left === undefined ? `removed ${what}, ${why}` : `left ${what} alone: ${left}`);
  const found = await lookAround(session);
  if (found === "busy") return;
  if (found === "unknown") {
    log(
      `stack ${session.stack} has a lock of which nobody here can tell whether its process has ended: ` +
        "nothing is cleared away. When no Pulumi works on the stack, in no container and on no other machine: " +
        "npm run pulumi -- cancel",
    );
    return;
  }
  hold?.recordPlace();
  const { locks, state, isAlone } = found;
  // Before anything refreshes the state, which forgets what marks them.
  for (const volume of await removeHalfUploads(state, connect, isAlone)) {
    tell(volume, "whose upload failed; it is made anew");
  }
  if (isAlone === undefined) return;

  if (wasCutOff(found)) {
    log(`the last run on stack ${session.stack} was killed; taking over`);
    for (const lock of locks) {
      log(`releasing the lock of process ${lock.pid}, which has ended`);
      await release(lock);
    }
    for (const leftover of await removeLeftovers(state, connect, isAlone)) tell(leftover, "whose creation was cut off");
    await settle(session, state, log);
  }
  for await (const domain of removeUnstartedDomains(state, connect, isAlone)) {
    tell(domain, "which an earlier run defined and could not start; its disks stay");
  }
  await protectData(session, wasCutOff(found) ? await readState(session) : state, log);
}

/**
 * Whether {@link recover} has to come before the state is refreshed, because the lock of a killed run would refuse that or
 * because it would hide a half upload. Changes nothing.
 */
export async function mustTakeOver(session: Session): Promise<boolean> {
  const found = await lookAround(session);
  return typeof found !== "string" && (wasCutOff(found) || halfUploads(found.state).length > 0);
}

/** A stack on which nobody else works, as far as one can tell. */
interface Surroundings {
  readonly locks: readonly StateLock[];
  readonly state: StackState;
  /** Whether still nobody else works on it; absent where the backend is not a folder of this machine: nobody can tell. */
  readonly isAlone?: () => Promise<boolean>;
}

/**
 * Looks for locks and reads the state; `busy` while another run works on the stack, `unknown` where it is not known whether the
 * one that took a lock still does.
 */
async function lookAround(session: Session): Promise<Surroundings | "busy" | "unknown"> {
  const place = placeOf(session);
  if (place === undefined) return { locks: [], state: await readState(session) };
  const { folder, project, stack } = place;
  const readAll = () => readLocks(folder, project, stack);
  const locks = await readAll();
  const holders = new Set<Holder>(locks.map((lock) => holderOf(lock, placeHere(), lastPlace(folder, project, stack))));
  if (holders.has("alive")) return "busy";
  if (holders.has("unknown")) return "unknown";
  const isFound = ({ path }: StateLock) => locks.some((lock) => lock.path === path);
  return { locks, state: await readState(session), isAlone: async () => (await readAll()).every(isFound) };
}

/** Whether the last run was killed, on a stack of which one can tell. */
function wasCutOff({ locks, state, isAlone }: Surroundings): boolean {
  return isAlone !== undefined && (locks.length > 0 || state.pending.length > 0);
}

/** Brings the state into line with libvirt, and forgets the creations that were cut off. */
async function settle(session: Session, { resources }: StackState, log: Log): Promise<void> {
  if (resources.length === 0) return;
  const code = await session.pulumi([...libvirtRefresh(session), "--clear-pending-creates"]);
  if (code !== 0) log("the state could not be compared with libvirt; what follows may want what is not there any more");
}

/**
 * Keeps others from taking over what a command that changes nothing but the state does, until the process ends. While
 * one that changes the stack is at work, nothing is kept, and Pulumi says so.
 */
export async function shareWithOthers(session: Session): Promise<void> {
  const place = placeOf(session);
  if (place !== undefined) await shareStack(place.folder, place.project, place.stack);
}

/** Where a file backend keeps the stack of a session; undefined for every other backend. */
function placeOf(session: Session): { folder: string; project: string; stack: string } | undefined {
  const folder = backendFolder(backendOf(session));
  return folder === undefined ? undefined : { folder, project: projectName(), stack: stackBaseName(session.stack) };
}

/** The backend a session works with; its own variables are there only where the user has none. */
function backendOf({ variables }: Session): string | undefined {
  return variables.PULUMI_BACKEND_URL ?? (process.env.PULUMI_BACKEND_URL || readLogin());
}
