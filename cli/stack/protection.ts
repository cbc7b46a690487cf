import { logLine, type Log } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { isDataDisk, nameOfUrn } from "../../names.ts";
import type { Session } from "./session.ts";
import { readState, type StackState } from "./state.ts";

/**
 * Runs work that may delete protected resources, such as the control plane's data disk. Afterwards protects those again that
 * still exist, because the user declined or the work failed.
 *
 * Survives Ctrl-C, the end of the terminal and SIGTERM, and protects after them. If this process is killed, or another one
 * holds the stack, {@link protectData} protects before the next command.
 * @returns the result of the work.
 */
export async function withoutProtection<T>(session: Session, work: () => Promise<T>, log: Log = logLine): Promise<T> {
  const lifted = (await protectedOf(session)).map(({ urn }) => urn);
  if (lifted.length === 0) return work();
  const { stack, capture } = session;
  return outlivingInterrupt(async () => {
    try {
      await capture(["state", "unprotect", ...lifted, "--yes", "--stack", stack]);
      return await work();
    } finally {
      await protectAgain(session, lifted, log);
    }
  });
}

async function protectedOf(session: Session) {
  return (await readState(session)).resources.filter((resource) => resource.protect && !resource.delete);
}

async function protectAgain(session: Session, lifted: readonly string[], log: Log): Promise<void> {
  const { stack, capture } = session;
  try {
    const existing = new Set((await readState(session)).resources.map(({ urn }) => urn));
    const kept = lifted.filter((urn) => existing.has(urn));
    if (kept.length > 0) await capture(["state", "protect", ...kept, "--yes", "--stack", stack]);
  } catch (error) {
    const reason = (error as Error).message.split("\n").at(-1);
    log(`the data could not be protected again; the next \`npm run up\` protects it: ${reason}`);
  }
}

/**
 * Protects the control plane's data disk where the settings ask for it and the state does not have it: a killed `destroy`
 * leaves it without protection.
 * @returns whether the state has changed.
 */
export async function protectData(
  { stack, settings, capture }: Pick<Session, "stack" | "settings" | "capture">,
  state: StackState,
  log: Log = logLine,
): Promise<boolean> {
  if (settings().get("masterDataProtected") !== "true") return false;
  const bare = state.resources
    .filter((resource) => isDataDisk(resource.urn) && !resource.protect && !resource.delete)
    .map(({ urn }) => urn);
  if (bare.length === 0) return false;
  const names = bare.map(nameOfUrn).join(", ");
  try {
    await capture(["state", "protect", ...bare, "--yes", "--stack", stack]);
    log(`protected the control plane's data again: ${names}`);
    return true;
  } catch (error) {
    log(`${names} could not be protected again: ${(error as Error).message.split("\n").at(-1)}`);
    return false;
  }
}
