import type { Virsh } from "./virsh.ts";

/** State of a domain and the reason for it, in the words of `virsh domstate --reason`; "" where there is no reason. */
export interface DomainState {
  readonly state: string;
  readonly reason: string;
}

/** Whether a domain of this state has no machine: it was turned off, or it crashed. A paused or sleeping one has. */
export function hasEnded(state: string): boolean {
  return state === "shut off" || state === "crashed";
}

/** Reads the state of a domain. @throws when the hypervisor does not answer, or does not have the domain. */
export async function readDomainState(virsh: Virsh, uuid: string): Promise<DomainState> {
  const text = (await virsh("domstate", uuid, "--reason")).trim();
  const [, state = "", reason = ""] = /^(.*?)(?: \((.*)\))?$/.exec(text) ?? [];
  return { state, reason };
}
