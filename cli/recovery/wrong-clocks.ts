import { clockOffset, clockTolerance, syncClock } from "../../libvirt/clock.ts";
import { lines, virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { logLine, type Log } from "../../lib/log.ts";
import type { StackState } from "../stack/state.ts";
import { isLocalHypervisor } from "../../libvirt/virtualisation.ts";

/** What a test replaces. */
export interface WrongClocksOptions {
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** How many guest agents are asked at a time. */
const atOnce = 8;

/**
 * Sets the clocks of the stack's running machines that are off by more than a few seconds: certificates, tokens and leases
 * depend on them. Asks for one list, and each machine's guest agent once.
 *
 * Only where the hypervisor is this machine: of a remote one this machine's clock says nothing. A machine whose agent does
 * not answer is left to what follows.
 */
export async function setWrongClocks({ resources }: StackState, options: WrongClocksOptions = {}): Promise<void> {
  const { connect = virshFor, log = logLine } = options;
  const uris = resources.filter(({ type }) => type === "pulumi:providers:libvirt").map(({ inputs }) => inputs?.uri);
  const names = new Map(
    resources
      .filter(({ type }) => type === "libvirt:index/domain:Domain")
      .map(({ id, outputs }) => [id, nameOf(outputs?.name, id)] as const),
  );
  if (names.size === 0) return;
  for (const uri of new Set(uris)) {
    if (typeof uri !== "string" || !isLocalHypervisor(uri)) continue;
    const virsh = connect(uri);
    const running = lines(await virsh("list", "--state-running", "--uuid").catch(() => ""));
    const ours = running.filter((uuid) => names.has(uuid));
    const next = async (): Promise<void> => {
      for (let uuid = ours.shift(); uuid !== undefined; uuid = ours.shift()) {
        await setWrongClock(virsh, uuid, names.get(uuid) ?? uuid, log);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
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
