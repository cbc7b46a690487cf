import { say } from "./log.ts";
import type { Session } from "./session.ts";
import { readState } from "./stack-state.ts";

/**
 * Arguments that bring the state into line with libvirt, and with nothing else: a cluster whose control plane is gone cannot
 * be asked for what was in it.
 */
export function libvirtRefresh(stack: string): readonly string[] {
  const quietly = ["--yes", "--skip-preview", "--non-interactive"];
  return ["refresh", ...quietly, "--target", "**libvirt:index/**", "--stack", stack];
}

/**
 * Lets the state say what libvirt has now, so that a machine somebody stopped is started and one that is gone is made again.
 * Changes nothing but the state; takes seconds. A comparison that fails is said, and what follows shows why.
 */
export async function compareWithLibvirt(session: Pick<Session, "stack" | "ask">): Promise<void> {
  if ((await readState(session)).resources.length === 0) return;
  try {
    await session.ask(libvirtRefresh(session.stack));
  } catch (error) {
    say(`the state could not be compared with libvirt: ${(error as Error).message.split("\n").at(-1)}`);
  }
}
