import { logLine, type Log } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import type { Session } from "./session.ts";
import { readState, type StackState } from "./state.ts";

/** Options that limit a refresh to libvirt's resources, because Kubernetes cannot answer while the control plane is down. */
const ofLibvirt = ["--target", "**libvirt:index/**"] as const;

/** Arguments for Pulumi that refresh the state from libvirt without a question. */
export function libvirtRefresh({ stack, configFile }: Pick<Session, "stack" | "configFile">): readonly string[] {
  // Without its own file Pulumi would write one of the stack's name, with another salt.
  const settings = configFile === undefined ? [] : ["--config-file", configFile];
  return ["refresh", "--yes", "--skip-preview", "--non-interactive", ...ofLibvirt, "--stack", stack, ...settings];
}

/**
 * Arguments for Pulumi of `npm run refresh`. Limited to libvirt's resources unless the user passes `--target` or `--exclude`.
 * @param args The user's arguments, which Pulumi gets unchanged.
 */
export function refreshArguments(stack: string, args: readonly string[]): readonly string[] {
  const isLimited = args.some((argument) => /^(--target|--exclude)(=|$)|^-[tx]/.test(argument));
  return ["refresh", "--stack", stack, ...(isLimited ? [] : ofLibvirt), ...args];
}

/** Options of {@link refreshFromLibvirt}. */
export interface RefreshOptions {
  /** @default {@link logLine} */
  readonly log?: Log;
  /** The stack's state, where the caller has read it. @default read here */
  readonly state?: StackState;
}

/**
 * Refreshes the state from libvirt, so that `up` starts stopped machines and recreates missing ones. Changes only the state;
 * takes seconds. A failed refresh is logged only, because the next call of Pulumi shows the reason.
 * @returns false after Ctrl-C, once Pulumi has released the stack; then the command ends.
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
