import { logLine, type Log } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import type { Session } from "../session.ts";
import { readState } from "./state.ts";

/** libvirt's resources and nothing else: a cluster whose control plane is gone cannot be asked for what was in it. */
const ofLibvirt = ["--target", "**libvirt:index/**"] as const;

/** Arguments that bring the state into line with libvirt. */
export function libvirtRefresh({ stack, configFile }: Pick<Session, "stack" | "configFile">): readonly string[] {
  // Without its own file Pulumi would write one of the stack's name, with another salt.
  const settings = configFile === undefined ? [] : ["--config-file", configFile];
  return ["refresh", "--yes", "--skip-preview", "--non-interactive", ...ofLibvirt, "--stack", stack, ...settings];
}

/**
 * Arguments for a refresh somebody asks for: of what he chooses with `--target` or `--exclude`, else of libvirt alone.
 * @param args His own, which Pulumi gets as they are.
 */
export function refreshArguments(stack: string, args: readonly string[]): readonly string[] {
  const hasChosen = args.some((argument) => /^(--target|--exclude)(=|$)|^-[tx]/.test(argument));
  return ["refresh", "--stack", stack, ...(hasChosen ? [] : ofLibvirt), ...args];
}

/**
 * Lets the state say what libvirt has now, so that a machine somebody stopped is started and one that is gone is made again.
 * Changes nothing but the state; takes seconds. A comparison that fails is said, and what follows shows why.
 * @returns whether to go on: false after Ctrl-C, once Pulumi has released the stack.
 */
export async function compareWithLibvirt(
  session: Pick<Session, "stack" | "configFile" | "capture">,
  log: Log = logLine,
): Promise<boolean> {
  if ((await readState(session)).resources.length === 0) return true;
  let interrupted = false;
  try {
    await outlivingInterrupt(
      () => session.capture(libvirtRefresh(session)),
      () => (interrupted = true),
    );
  } catch (error) {
    if (!interrupted)
      log(`the state could not be compared with libvirt: ${(error as Error).message.split("\n").at(-1)}`);
  }
  return !interrupted;
}
