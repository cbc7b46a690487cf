import { virshFor, type Virsh } from "../hypervisor/virsh.ts";
import { readLogin } from "./environment.ts";
import { removeHalfUploads } from "./half-uploads.ts";
import { removeLeftovers } from "./leftovers.ts";
import { libvirtRefresh } from "./libvirt-refresh.ts";
import { say, type Log } from "./log.ts";
import type { Session } from "./session.ts";
import { projectName, stackBaseName } from "./stack.ts";
import { readState, type StackState } from "./stack-state.ts";
import { backendFolder, isDead, readLocks, release } from "./state-lock.ts";
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
 * The next run then goes on where that one stopped.
 *
 * Reads the state and asks virsh for one list when there is nothing to clear away. Leaves everything to Pulumi while another
 * run works on the stack; where the backend is not a folder of this machine nobody can tell, and only half uploads go, which
 * are of no use to anybody.
 * @throws when the hypervisor cannot be asked about what the state names.
 */
export async function takeOver(session: Session, options: TakeoverOptions = {}): Promise<void> {
  const { connect = virshFor, log = say } = options;
  const [project, stack] = [projectName(), stackBaseName(session.stack)];
  const folder = backendFolder(backendOf(session));

  const locks = folder === undefined ? [] : await readLocks(folder, project, stack);
  if (!locks.every((lock) => isDead(lock))) return;
  const state = await readState(session);
  // Before anything refreshes the state, which forgets what marks them.
  for (const name of await removeHalfUploads(state, connect)) {
    log(`removed volume ${name}, whose upload failed; it is made anew`);
  }
  if (folder === undefined) return;

  const isAlone = async () => (await readLocks(folder, project, stack)).length === 0;
  if (locks.length > 0 || state.pending.length > 0) {
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
  try {
    for await (const name of removeUnstartedDomains(state, connect, isAlone)) {
      log(`removed domain ${name}, which an earlier run defined and could not start; its disks stay`);
    }
  } catch (error) {
    // A hypervisor that is down stops nobody here: what follows needs it, and shows why.
    log(`domains that never started could not be looked for: ${(error as Error).message.split("\n").at(-1)}`);
  }
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
