import { logLine, type Log } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { isDataDisk, nameOfUrn } from "../../names.ts";
import type { Session } from "../session.ts";
import { readState, type StackState } from "./state.ts";

/**
 * Runs work that may delete what the program protects, such as the disk a cluster lives on. Whatever is still there
 * afterwards, because the user said no or the work failed, is protected again.
 *
 * Outlives Ctrl-C, the end of the terminal and a request to end, and does its part after them. Were this process killed
 * meanwhile, or another one in the way, {@link protectData} does it before the next command.
 * @returns what the work returned.
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
    const there = new Set((await readState(session)).resources.map(({ urn }) => urn));
    const left = lifted.filter((urn) => there.has(urn));
    if (left.length > 0) await capture(["state", "protect", ...left, "--yes", "--stack", stack]);
  } catch (error) {
    log(`what was protected is not until the next \`npm run up\`: ${(error as Error).message.split("\n").at(-1)}`);
  }
}

/**
 * Protects the control plane's data where the stack says so and the state does not: a `destroy` that was killed had taken
 * the protection away.
 */
export async function protectData(
  { stack, settings, capture }: Pick<Session, "stack" | "settings" | "capture">,
  { resources }: StackState,
  log: Log = logLine,
): Promise<void> {
  if (settings().get("masterDataProtected") !== "true") return;
  const bare = resources
    .filter((resource) => isDataDisk(resource.urn) && !resource.protect && !resource.delete)
    .map(({ urn }) => urn);
  if (bare.length === 0) return;
  const names = bare.map(nameOfUrn).join(", ");
  try {
    await capture(["state", "protect", ...bare, "--yes", "--stack", stack]);
    log(`protected the control plane's data again: ${names}`);
  } catch (error) {
    log(`${names} could not be protected again: ${(error as Error).message.split("\n").at(-1)}`);
  }
}
