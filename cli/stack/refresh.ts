import { logLine, type Log } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import type { Session } from "../session.ts";
import { readState, type StackState } from "./state.ts";

/** Limits a refresh to libvirt's resources: a cluster whose control plane is down cannot be asked for the others. */
const ofLibvirt = ["--target", "**libvirt:index/**"] as const;

/** Arguments for Pulumi that refresh the state from libvirt without a question. */
export function libvirtRefresh({ stack, configFile }: Pick<Session, "stack" | "configFile">): readonly string[] {
  // Without its own file Pulumi would write one of the stack's name, with another salt.
  const settings = configFile === undefined ? [] : ["--config-file", configFile];
  return ["refresh", "--yes", "--skip-preview", "--non-interactive", ...ofLibvirt, "--stack", stack, ...settings];
}

/**
 * Arguments for Pulumi that make `npm run refresh`: limited to libvirt's resources unless the user passes `--target` or
 * `--exclude`.
 * @param args The user's arguments, which Pulumi gets unchanged.
 */
export function refreshArguments(stack: string, args: readonly string[]): readonly string[] {
  const isLimited = args.some((argument) => /^(--target|--exclude)(=|$)|^-[tx]/.test(argument));
  return ["refresh", "--stack", stack, ...(isLimited ? [] : ofLibvirt), ...args];
}

/** How the state is refreshed. */
export interface RefreshOptions {
  /** @default {@link logLine} */
  readonly log?: Log;
  /** The stack's state, where the caller has read it. @default read here */
  readonly state?: StackState;
}

/**
 * Refreshes the state from libvirt, so that `up` starts a machine that was stopped and recreates one that is missing. Changes
 * only the state; takes seconds. A refresh that fails is logged, because the command that follows shows the reason.
 * @returns whether to go on: false after Ctrl-C, once Pulumi has released the stack.
 */
export async function refreshFromLibvirt(
  session: Pick<Session, "stack" | "configFile" | "capture">,
  { log = logLine, state }: RefreshOptions = {},
): Promise<boolean> {
  const { resources } = state ?? (await readState(session));
  if (resources.length === 0) return true;
  let interrupted = false;
  try {
    await outlivingInterrupt(
      () => session.capture(libvirtRefresh(session)),
      () => (interrupted = true),
    );
  } catch (error) {
    if (!interrupted)
      log(`the state could not be refreshed from libvirt: ${(error as Error).message.split("\n").at(-1)}`);
  }
  return !interrupted;
}
