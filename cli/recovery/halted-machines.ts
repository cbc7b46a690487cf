import { setTimeout as sleep } from "node:timers/promises";
import { syncClock } from "../../libvirt/clock.ts";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import type { Log } from "../../lib/log.ts";

/** A machine of the stack. */
export interface KnownMachine {
  readonly uuid: string;
  readonly name: string;
}

/** Lists what neither runs nor is off: paused, asleep, crashed, or about to be off. */
const listHalted = ["list", "--all", "--state-paused", "--state-other", "--uuid"];

/** The same without what is paused, which the provider deletes as it should. */
const listAsleep = ["list", "--all", "--state-other", "--uuid"];

/** Lists what is off and has its memory on disk. */
const listSaved = ["list", "--inactive", "--with-managed-save", "--uuid"];

/** Reasons for which libvirt itself pauses a machine, and lets it go on. */
const busy = ["migrating", "saving", "dumping", "creating snapshot", "starting up", "shutting down", "post-copy"];

/** Milliseconds. A write that failed is repeated as soon as the machine goes on, so one that fails again shows at once. */
export interface Patience {
  readonly betweenLooks: number;
  readonly limit: number;
}

/**
 * Lets machines go on that neither run nor are off. The provider (0.8.3, domain.go) takes whatever does not run for off and
 * starts it, which libvirt refuses: the domain is already running.
 *
 * - Paused by somebody, or because a write failed: resumed. Asleep: woken. Off with its memory saved: started from that.
 *   Its clock stood still meanwhile and is set through the guest agent, where that answers.
 * - Crashed: turned off, which loses nothing that is not lost, so that `up` starts it.
 * - About to be off: waited for.
 *
 * Two lists are asked for when all is well.
 * @param forDeletion Whether they are about to be deleted. What is paused, or off and saved, then stays as it is; the provider
 * undefines what sleeps, has crashed or is about to be off without ending it, and it would stay behind with its disks in use.
 * @throws when a machine pauses again as soon as it goes on, as where its pool is full; when libvirt itself holds it; and
 * when it is not off, or awake, within 30 s.
 */
export async function wakeMachines(
  virsh: Virsh,
  machines: readonly KnownMachine[],
  log: Log,
  patience: Patience = { betweenLooks: 1_000, limit: 30_000 },
  forDeletion = false,
): Promise<void> {
  const listed = async (list: readonly string[]) => {
    const uuids = new Set(lines(await virsh(...list)));
    return machines.filter(({ uuid }) => uuids.has(uuid));
  };
  const woken: KnownMachine[] = [];
  for (const machine of await listed(forDeletion ? listAsleep : listHalted)) {
    if (await handle(machine)) woken.push(machine);
  }
  for (const machine of forDeletion ? [] : await listed(listSaved)) {
    log(`starting ${machine.name} from its saved memory`);
    await virsh("start", machine.uuid);
    woken.push(machine);
  }
  if (woken.length === 0) return;
  await sleep(2 * patience.betweenLooks);
  for (const machine of woken) await expectItRuns(machine);
  if (!forDeletion) await Promise.all(woken.map(setClock));

  /** @returns whether the machine is to run now. */
  async function handle({ uuid, name }: KnownMachine): Promise<boolean> {
    const { state, reason } = await stateOf(uuid);
    switch (state) {
      case "paused":
        if (busy.some((work) => reason.startsWith(work)))
          throw new Error(
            `libvirt holds ${name} (${reason}); run this again when that is over: virsh domstate ${name}`,
          );
        if (reason === "crashed") return turnOff(uuid, name);
        log(`${name} is paused (${reason}): resuming it`);
        await virsh("resume", uuid);
        return true;
      case "pmsuspended":
        log(`${name} is asleep: waking it`);
        await virsh("dompmwakeup", uuid);
        await until(uuid, "running", `${name} was woken and is still asleep`);
        return true;
      case "crashed":
        return turnOff(uuid, name);
      case "in shutdown":
        log(`waiting until ${name} is off`);
        await until(uuid, "shut off", `${name} is still about to be off`);
        return false;
      default:
        return false;
    }
  }

  async function turnOff(uuid: string, name: string): Promise<false> {
    log(`${name} has crashed: turning it off`);
    await virsh("destroy", uuid);
    return false;
  }

  async function stateOf(uuid: string): Promise<{ state: string; reason: string }> {
    const [, state = "", reason = ""] =
      /^(.*?)(?: \((.*)\))?$/.exec((await virsh("domstate", uuid, "--reason")).trim()) ?? [];
    return { state, reason };
  }

  async function until(uuid: string, wanted: string, failure: string): Promise<void> {
    const deadline = Date.now() + patience.limit;
    while ((await stateOf(uuid)).state !== wanted) {
      if (Date.now() > deadline) throw new Error(`${failure} after ${patience.limit / 1000} s: virsh domstate ${uuid}`);
      await sleep(patience.betweenLooks);
    }
  }

  async function expectItRuns({ uuid, name }: KnownMachine): Promise<void> {
    const { state, reason } = await stateOf(uuid);
    if (state === "running") return;
    const disks = lines(await virsh("domblkerror", uuid).catch(() => "")).join(", ");
    const why = [reason, disks].filter(Boolean).join("; ");
    throw new Error(
      `${name} went on and is ${state} again (${why}). Where its pool is full, make room there; then run this again`,
    );
  }

  async function setClock({ uuid, name }: KnownMachine): Promise<void> {
    try {
      await syncClock(virsh, uuid);
    } catch (error) {
      log(`the clock of ${name} may be behind: ${(error as Error).message.split("\n")[0]}`);
    }
  }
}
