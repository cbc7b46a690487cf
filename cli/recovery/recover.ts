import { virshFor } from "../../libvirt/virsh.ts";
import type { Connect } from "./hypervisors.ts";
import { interruptedCreations } from "./interrupted-creations.ts";
import { removeOrphans, type Orphan } from "./orphans.ts";
import { failedUploads, partialUploads } from "./partial-uploads.ts";
import { libvirtRefresh } from "../stack/refresh.ts";
import { logLine, type Log } from "../../lib/log.ts";
import type { Session } from "../stack/session.ts";
import { protectData } from "../stack/protection.ts";
import { readState, type StackState } from "../stack/state.ts";
import { lastPlace, type StackHold } from "../stack/hold.ts";
import { placeHere } from "../../lib/place.ts";
import { holderOf, readLocks, release, type Holder, type StateLock } from "../stack/lock.ts";
import { removeFailedDomains } from "./failed-domains.ts";
import { holdStack, placeOf, type HoldStackOptions } from "./hold-stack.ts";

/** Options of {@link recover}, which tests replace. */
export interface RecoverOptions extends HoldStackOptions {
  /** @default the installed virsh */
  readonly connect?: Connect;
  /** Hold of a command that has the stack already. @default taken here */
  readonly hold?: StackHold;
}

/** Result of {@link recover}. */
export interface Recovered {
  readonly hold: StackHold;
  /** State of the stack. No other command of this kind changes it until the process ends. */
  readonly state: StackState;
}

/**
 * Recovers a stack from an earlier run, and so removes what would block the next one. After a killed run: its lock, and
 * libvirt objects that are missing from the state. After a failed run: partial uploads, and domains whose creation failed.
 * Protects the control plane's data again where a killed `destroy` had removed the protection.
 *
 * Holds the stack until the process ends. Reads the state and calls virsh for one list when there is nothing to recover.
 * Changes nothing while another run works on the stack, or may do so in another container or on another machine. A backend
 * that is not a folder of this machine does not show other runs. Only partial uploads are removed there, because no run can use
 * them.
 * @returns the hold on the stack, and the stack's state after the recovery.
 * @throws {AnotherRunError} while another command works on the stack, or when another run of Pulumi begins to.
 * @throws when virsh fails for partial uploads, or for objects that a killed run was creating.
 */
export async function recover(session: Session, options: RecoverOptions = {}): Promise<Recovered> {
  const { connect = virshFor, log = logLine } = options;
  const hold = options.hold ?? (await holdStack(session, options));
  try {
    return { hold, state: await recoverHeld(session, connect, log, hold) };
  } catch (error) {
    hold.release();
    throw error;
  }
}

async function recoverHeld(session: Session, connect: Connect, log: Log, hold: StackHold): Promise<StackState> {
  const report = ({ what, kept, why }: Orphan, reason: string) =>
    log(kept === undefined ? `removed ${what}: ${why ?? reason}` : `kept ${what}: ${kept}`);
  const found = await inspect(session);
  if (found === "busy") return readState(session);
  if (found === "unknown") {
    log(
      `stack ${session.stack} is locked, and the process that locked it cannot be checked from here: nothing is recovered. ` +
        "Fix: when no Pulumi works on the stack, in any container or on another machine, run `npm run pulumi -- cancel`",
    );
    return readState(session);
  }
  await hold.recordPlace();
  const { locks, state, isAlone } = found;
  // Before a refresh, which removes their mark from the state.
  for await (const volume of removeOrphans(state, partialUploads(state, connect), isAlone)) {
    report(volume, "its upload failed; the next `up` uploads it again");
  }
  if (isAlone === undefined) return state;

  if (wasKilled(found)) {
    log(`the last run on stack ${session.stack} was killed; recovering it`);
    for (const lock of locks) {
      log(`releasing the lock of process ${lock.pid}, which has ended`);
      await release(lock);
    }
    for await (const orphan of removeOrphans(state, interruptedCreations(state, connect), isAlone)) {
      report(orphan, "its creation was interrupted");
    }
  }
  let isOutdated = wasKilled(found);
  for await (const orphan of removeFailedDomains(state, connect, isAlone)) {
    // A removed root disk is in the state until a refresh.
    isOutdated ||= orphan.kept === undefined;
    report(orphan, "its creation failed in an earlier run");
  }
  if (isOutdated) await updateState(session, state, log);
  const current = isOutdated ? await readState(session) : state;
  return (await protectData(session, current, log)) ? readState(session) : current;
}

/**
 * Returns the state of a stack if a refresh may follow; undefined if {@link recover} must run first. The lock of a killed run
 * would block the refresh, and the refresh would hide a partial upload. Changes nothing.
 */
export async function stateToRefresh(session: Session): Promise<StackState | undefined> {
  const found = await inspect(session);
  if (typeof found === "string") return readState(session);
  return wasKilled(found) || failedUploads(found.state).length > 0 ? undefined : found.state;
}

/** A stack on which no other run works, as far as this machine can see. */
interface Inspection {
  readonly locks: readonly StateLock[];
  readonly state: StackState;
  /** Whether no other run has begun to work on the stack; undefined where the backend is not a folder of this machine. */
  readonly isAlone?: () => Promise<boolean>;
}

/**
 * Reads the locks and the state. Returns `busy` while another run works on the stack, and `unknown` where the process that
 * took a lock may still run.
 */
async function inspect(session: Session): Promise<Inspection | "busy" | "unknown"> {
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

/** Whether the last run was killed; false where that cannot be known. */
function wasKilled({ locks, state, isAlone }: Inspection): boolean {
  return isAlone !== undefined && (locks.length > 0 || state.pending.length > 0);
}

/** Refreshes what the state has of libvirt, and drops the interrupted creations from it. */
async function updateState(session: Session, { resources }: StackState, log: Log): Promise<void> {
  if (resources.length === 0) return;
  const code = await session.pulumi([...libvirtRefresh(session), "--clear-pending-creates"]);
  if (code !== 0) log("the state could not be refreshed from libvirt: it may list objects that are missing there");
}
