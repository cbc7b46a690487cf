import { stripVTControlCharacters } from "node:util";
import { virshFor, VirshError } from "../libvirt/virsh.ts";
import { returnOf } from "./agent-answers.ts";

const { LIBVIRT_URI = "" } = process.env;
const run = virshFor(LIBVIRT_URI);

/**
 * Runs virsh on the hypervisor of LIBVIRT_URI; returns what it prints, without white space around it.
 * @throws when virsh gets no answer within 30 s, or fails.
 */
export async function virsh(...args: readonly string[]): Promise<string> {
  return (await run(...args)).trim();
}

/** Sends a command to a guest agent and returns its answer. @throws when the agent refuses it, or does not answer within 10 s. */
export type AskAgent = (command: string, parameters: object) => Promise<unknown>;

/** Returns a function that asks the guest agent of a domain. */
export function askAgent(domain: string): AskAgent {
  return async (execute, parameters) => {
    const request = JSON.stringify({ execute, arguments: parameters });
    // 10 s is for the agent. The limit of virsh itself is for a hypervisor that does not answer.
    return returnOf(await virsh("qemu-agent-command", "--timeout", "10", domain, request));
  };
}

/** Why a call failed, in one line. It may quote a guest agent, which must not control the operator's terminal. */
export function reasonOf(error: unknown): string {
  const [line = ""] = (error instanceof VirshError ? error.reason : String(error)).split("\n");
  // eslint-disable-next-line no-control-regex -- those are removed
  return stripVTControlCharacters(line).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
