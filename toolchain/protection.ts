import { say, type Log } from "./log.ts";
import type { Session } from "./session.ts";
import { readState } from "./stack-state.ts";

/**
 * Runs work that may delete what the program protects, such as the disk a cluster lives on. Whatever is still there
 * afterwards, because the user said no or the work failed, is protected again.
 *
 * Were this process killed meanwhile, the next `up` protects it again, because the program says so.
 * @returns what the work returned.
 */
export async function withoutProtection<T>(session: Session, work: () => Promise<T>, log: Log = say): Promise<T> {
  const lifted = (await protectedOf(session)).map(({ urn }) => urn);
  if (lifted.length === 0) return work();
  const { stack, ask } = session;
  await ask(["state", "unprotect", ...lifted, "--yes", "--stack", stack]);
  try {
    return await work();
  } finally {
    await protectAgain(session, lifted, log);
  }
}

async function protectedOf(session: Session) {
  return (await readState(session)).resources.filter((resource) => resource.protect && !resource.delete);
}

async function protectAgain(session: Session, lifted: readonly string[], log: Log): Promise<void> {
  const { stack, ask } = session;
  try {
    const there = new Set((await readState(session)).resources.map(({ urn }) => urn));
    const left = lifted.filter((urn) => there.has(urn));
    if (left.length > 0) await ask(["state", "protect", ...left, "--yes", "--stack", stack]);
  } catch (error) {
    log(`what was protected is not until the next \`npm run up\`: ${(error as Error).message.split("\n").at(-1)}`);
  }
}
