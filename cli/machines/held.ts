import { recover } from "../recovery/recover.ts";
import { openStack, type OpenSession } from "../session.ts";
import type { StackChoice } from "../stack/settings.ts";
import type { StackState } from "../stack/state.ts";
import { machinesOrFail, type Machine } from "./machine.ts";

/** Machines of a stack that no other command changes until this process ends. */
export interface HeldMachines {
  readonly session: OpenSession;
  readonly state: StackState;
  /** The control plane first; at least one. */
  readonly machines: readonly Machine[];
}

/**
 * Opens a stack, recovers it from an interrupted run, and returns its machines.
 * @throws when the stack has no machine, or another command works on it.
 */
export async function holdMachines(choice: StackChoice): Promise<HeldMachines> {
  const session = await openStack(choice, { image: false, hypervisor: true });
  const { state } = await recover(session);
  return { session, state, machines: machinesOrFail(state, choice.stack) };
}
