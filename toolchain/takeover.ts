import { virshFor, type Virsh } from "../hypervisor/virsh.ts";
import { readLogin } from "./environment.ts";
import { halfUploads, removeHalfUploads } from "./half-uploads.ts";
import { removeLeftovers, type Leftover } from "./leftovers.ts";
import { libvirtRefresh } from "./libvirt-refresh.ts";
import { say, type Log } from "./log.ts";
import type { Session } from "./session.ts";
import { protectData } from "./protection.ts";
import { projectName, stackBaseName } from "./stack.ts";
import { readState, type StackState } from "./stack-state.ts";
import { backendFolder, isDead, readLocks, release, type StateLock } from "./state-lock.ts";
import { removeUnstartedDomains } from "./unstarted-domains.ts";

/** What a test replaces. */
export interface TakeoverOptions {
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link say} */
  readonly log?: Log;
}

/**
 * Clears away what an earlier run left that the next one would stumble over: of a run that was killed its lock, and what
 * libvirt made and nobody wrote down; of one that failed by itself half uploaded volumes, and domains that never started.
 * The control plane's data is protected again where a `destroy` that was killed had lifted that.
 * The next run then goes on where that one stopped.
 *
 * Reads the state and asks virsh for one list when there is nothing to clear away. Leaves everything to Pulumi while another
 * run works on the stack; where the backend is not a folder of this machine nobody can tell, and only half uploads go, which
 * are of no use to anybody.
 * @throws when a hypervisor cannot be asked about half uploads or about what a killed run was creating, and when another run
 * of Pulumi begins to work on the stack meanwhile.
 */
export async function takeOver(session: Session, options: TakeoverOptions = {}): Promise<void> {
  const { connect = virshFor, log = say } = options;
  const tell = ({ what, left }: Leftover, why: string) =>
    log(left === undefined ? `removed ${what}, ${why}` : `left ${what} alone: ${left}`);
  const found = await lookAround(session);
  if (found === undefined) return;
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
 * Whether {@link takeOver} has to come before the state is refreshed, because the lock of a killed run would refuse that or
 * because it would hide a half upload. Changes nothing.
 */
export async function mustTakeOver(session: Session): Promise<boolean> {
  const found = await lookAround(session);
  return found !== undefined && (wasCutOff(found) || halfUploads(found.state).length > 0);
}

/** A stack on which nobody else works, as far as one can tell. */
interface Surroundings {
  readonly locks: readonly StateLock[];
  readonly state: StackState;
  /** Whether still nobody else works on it; absent where the backend is not a folder of this machine: nobody can tell. */
  readonly isAlone?: () => Promise<boolean>;
}

/** Looks for locks and reads the state; undefined while another run works on the stack. */
async function lookAround(session: Session): Promise<Surroundings | undefined> {
  const [project, stack] = [projectName(), stackBaseName(session.stack)];
  const folder = backendFolder(backendOf(session));
  if (folder === undefined) return { locks: [], state: await readState(session) };
  const readAll = () => readLocks(folder, project, stack);
  const locks = await readAll();
  if (!locks.every((lock) => isDead(lock))) return undefined;
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

/** The backend a session works with; its own variables are there only where the user has none. */
function backendOf({ variables }: Session): string | undefined {
  return variables.PULUMI_BACKEND_URL ?? (process.env.PULUMI_BACKEND_URL || readLogin());
}
