import { virshFor, type Virsh } from "../hypervisor/virsh.ts";
import { readLogin } from "./environment.ts";
import { removeLeftovers } from "./leftovers.ts";
import { libvirtRefresh } from "./libvirt-refresh.ts";
import { say, type Log } from "./log.ts";
import type { Session } from "./session.ts";
import { projectName, stackBaseName } from "./stack.ts";
import { isSettled, readState, type StackState } from "./stack-state.ts";
import { backendFolder, isDead, readLocks, release } from "./state-lock.ts";

/** What a test replaces. */
export interface TakeoverOptions {
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link say} */
  readonly log?: Log;
}

/**
 * Clears away what a run of Pulumi left that was killed: its lock, and what libvirt made and nobody wrote down. The next
 * run then goes on where that one stopped.
 *
 * Reads two small files and does nothing else when the last run ended by itself. Leaves everything to Pulumi while another
 * run works on the stack, and where the backend is not a folder of this machine, because then nobody can tell.
 * @throws when the hypervisor cannot be asked.
 */
export async function takeOver(session: Session, options: TakeoverOptions = {}): Promise<void> {
  const { connect = virshFor, log = say } = options;
  const killed = await killedRun(session);
  if (killed === undefined) return;
  const { locks, state, isAlone } = killed;

  log(`the last run on stack ${session.stack} was killed; taking over`);
  for (const lock of locks) {
    log(`releasing the lock of process ${lock.pid}, which has ended`);
    await release(lock);
  }
  for (const { what, left } of await removeLeftovers(state, connect, isAlone)) {
    log(left === undefined ? `removed ${what}, whose creation was cut off` : `left ${what} alone: ${left}`);
  }
  await settle(session, state, log);
}

/** Whether there is a killed run that {@link takeOver} would take over; changes nothing. */
export async function wasKilled(session: Session): Promise<boolean> {
  return (await killedRun(session)) !== undefined;
}

/** What a run that was killed left; undefined when none was, or when nobody can tell. */
async function killedRun(session: Session) {
  const [project, stack] = [projectName(), stackBaseName(session.stack)];
  const folder = backendFolder(backendOf(session));
  if (folder === undefined) return undefined;

  const readAll = () => readLocks(folder, project, stack);
  const locks = await readAll();
  if (!locks.every((lock) => isDead(lock))) return undefined;
  if (locks.length === 0 && (await isSettled(folder, project, stack))) return undefined;
  const state = await readState(session);
  if (locks.length === 0 && state.pending.length === 0) return undefined;
  return { locks, state, isAlone: async () => (await readAll()).length === 0 };
}

/** Brings the state into line with libvirt, and forgets the creations that were cut off. */
async function settle({ stack, pulumi }: Session, { resources }: StackState, log: Log): Promise<void> {
  if (resources.length === 0) return;
  const code = await pulumi([...libvirtRefresh(stack), "--clear-pending-creates"]);
  if (code !== 0) log("the state could not be compared with libvirt; what follows may want what is not there any more");
}

/** The backend a session works with; its own variables are there only where the user has none. */
function backendOf({ variables }: Session): string | undefined {
  return variables.PULUMI_BACKEND_URL ?? (process.env.PULUMI_BACKEND_URL || readLogin());
}
