import pMap from "p-map";
import { clockOffset, clockTolerance, syncClock } from "../../libvirt/clock.ts";
import { lines, virshFor, type Virsh } from "../../libvirt/virsh.ts";
import type { Connect } from "./hypervisors.ts";
import { resourceType } from "../../names.ts";
import { logLine, type Log } from "../../lib/log.ts";
import { hypervisorsOf, type StackState } from "../stack/state.ts";
import { isLocal } from "../../libvirt/uri.ts";

/** Options of {@link setWrongClocks}, which tests replace. */
export interface WrongClocksOptions {
  /** @default the installed virsh */
  readonly connect?: Connect;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** Number of guest agents that are asked at a time. */
const concurrency = 8;

/**
 * Sets the clocks of the stack's running machines that are wrong by more than a few seconds, because certificates, tokens and
 * leases depend on them. Calls virsh for one list, and once for each machine's guest agent.
 *
 * Checks only machines on a local hypervisor, because this machine's clock may differ from a remote one's. Skips machines
 * whose agent does not answer.
 */
export async function setWrongClocks(state: StackState, options: WrongClocksOptions = {}): Promise<void> {
  const { connect = virshFor, log = logLine } = options;
  const names = new Map(
    state.resources
      .filter(({ type }) => type === resourceType.domain)
      .map(({ id, outputs }) => [id, nameOf(outputs?.name, id)] as const),
  );
  if (names.size === 0) return;
  for (const uri of hypervisorsOf(state)) {
    if (!isLocal(uri)) continue;
    const virsh = connect(uri);
    const running = lines(await virsh("list", "--state-running", "--uuid").catch(() => ""));
    const ours = running.filter((uuid) => names.has(uuid));
    await pMap(ours, (uuid) => setWrongClock(virsh, uuid, names.get(uuid) ?? uuid, log), { concurrency });
  }
}

function nameOf(name: unknown, id = ""): string {
  return typeof name === "string" ? name : id;
}

async function setWrongClock(virsh: Virsh, uuid: string, name: string, log: Log): Promise<void> {
  const offset = await clockOffset(virsh, uuid).catch(() => 0);
  if (Math.abs(offset) <= clockTolerance) return;
  const wrong = `the clock of ${name} was ${Math.abs(offset)} s ${offset < 0 ? "behind" : "ahead"}`;
  try {
    await syncClock(virsh, uuid);
    log(`${wrong}: it is set`);
  } catch (error) {
    log(`${wrong} and cannot be set: ${(error as Error).message.split("\n")[0]}`);
  }
}
