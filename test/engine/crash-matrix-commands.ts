import { join } from "node:path";
import { vi } from "vitest";
import { recover } from "../../cli/recovery/recover.ts";
import { startStoppedForDeletion } from "../../cli/recovery/restart.ts";
import { refuseSharedVolumes } from "../../cli/recovery/shared-volumes.ts";
import { withoutProtection } from "../../cli/stack/protection.ts";
import type { Session } from "../../cli/stack/session.ts";
import type { StackState } from "../../cli/stack/state.ts";
import { up } from "../../cli/up.ts";
import type { TestStack } from "./stack.ts";
import type { Calls } from "./world.ts";

/** Result of a command. */
export interface Ended {
  readonly succeeded: boolean;
  /** Output of the command and of Pulumi. */
  readonly text: string;
  /** Operations that reached a plugin. */
  readonly calls: Calls;
}

/** Runs what `npm run up -- --yes --skip-preview` runs on a machine that was checked. */
export function repeatUp(stack: TestStack): Promise<Ended> {
  return recovered(stack, (session, state) =>
    up(session, ["--yes", "--skip-preview"], { state, runs: join(stack.folder, "runs"), pulumiOutput: true }),
  );
}

/** Runs what `npm run destroy -- --yes --skip-preview` runs on a machine that was checked. */
export function repeatDestroy(stack: TestStack): Promise<Ended> {
  return recovered(stack, async (session, state) => {
    await refuseSharedVolumes(state);
    await startStoppedForDeletion(state);
    const destroy = ["destroy", "--stack", session.stack, "--yes", "--skip-preview"];
    return withoutProtection(session, () => session.pulumi(destroy));
  });
}

/** Recovers the stack and does work, as each command does that changes a stack. */
async function recovered(
  stack: TestStack,
  work: (session: Session, state: StackState) => Promise<number>,
): Promise<Ended> {
  const said: string[] = [];
  const say = (text: unknown) => said.push(String(text)) > 0;
  const spies = [
    vi.spyOn(process.stderr, "write").mockImplementation(say),
    vi.spyOn(console, "log").mockImplementation(say),
  ];
  const session = stack.operating({}, said);
  const path = process.env.PATH;
  // The product runs the virsh of this process, beside that of Pulumi.
  process.env.PATH = session.variables.PATH;
  stack.world.takeCalls();
  let code = 1;
  try {
    const { hold, state } = await recover(session);
    // A command would hold the stack until its process ends.
    code = await work(session, state).finally(() => hold.release());
  } catch (error) {
    said.push((error as Error).message);
  } finally {
    process.env.PATH = path;
    spies.forEach((spy) => spy.mockRestore());
  }
  await stack.world.settled();
  return { succeeded: code === 0, text: said.join("\n"), calls: stack.world.takeCalls() };
}
