import { readDomainState } from "../../libvirt/domain-state.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { syncClock } from "../../libvirt/clock.ts";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import type { Log } from "../../lib/log.ts";
import type { LibvirtObject } from "./hypervisors.ts";

/** Lists machines that are neither running nor off: paused, asleep, crashed or shutting down. */
const listHalted = ["list", "--all", "--state-paused", "--state-other", "--uuid"];

/** Lists the same without paused machines, which the provider deletes correctly. */
const listAsleep = ["list", "--all", "--state-other", "--uuid"];

/** Lists machines that are off and have their memory saved on disk. */
const listSaved = ["list", "--inactive", "--with-managed-save", "--uuid"];

/** Reasons for which libvirt pauses a machine and resumes it on its own. */
const pausedByLibvirt = [
  "migrating",
  "saving",
  "dumping",
  "creating snapshot",
  "starting up",
  "shutting down",
  "post-copy",
];

/** Times in milliseconds. A machine repeats a failed write as soon as it continues, so a second failure shows at once. */
export interface Polling {
  readonly interval: number;
  readonly timeout: number;
}

/**
 * Resumes machines that are neither running nor off. The provider (0.8.3, domain.go) starts every machine that is not
 * running. libvirt refuses that for such a machine: the domain is already running.
 *
 * - Paused by a user, or by a failed write: resumes it. Asleep: wakes it. Off with its memory saved: starts it from there.
 *   Its clock has stopped meanwhile, so it is set through the guest agent, where the agent answers.
 * - Crashed: turns it off, so that `up` starts it. Its memory is lost already.
 * - Shutting down: waits for it.
 *
 * Calls virsh for two lists when no machine needs this.
 * @param forDeletion Whether the machines are about to be deleted. Paused and saved machines then stay as they are. The
 * provider undefines a machine that sleeps, has crashed or shuts down without stopping it, and its disks would stay in use.
 * @throws when a machine pauses again at once, for example because its pool is full. Also when libvirt has paused it for work
 * of its own, and when it is neither off nor awake within 30 s.
 */
export async function resumeMachines(
  virsh: Virsh,
  machines: readonly LibvirtObject[],
  log: Log,
  patience: Polling = { interval: 1_000, timeout: 30_000 },
  forDeletion = false,
): Promise<void> {
  const listed = async (list: readonly string[]) => {
    const uuids = new Set(lines(await virsh(...list)));
    return machines.filter(({ uuid }) => uuids.has(uuid));
  };
  const resumed: LibvirtObject[] = [];
  for (const machine of await listed(forDeletion ? listAsleep : listHalted)) {
    if (await handle(machine)) resumed.push(machine);
  }
  for (const machine of forDeletion ? [] : await listed(listSaved)) {
    log(`starting ${machine.name} from its saved memory`);
    await virsh("start", machine.uuid);
    resumed.push(machine);
  }
  if (resumed.length === 0) return;
  await sleep(2 * patience.interval);
  for (const machine of resumed) await expectItRuns(machine);
  if (!forDeletion) await Promise.all(resumed.map(setClock));

  /** @returns whether the machine should be running now. */
  async function handle({ uuid, name }: LibvirtObject): Promise<boolean> {
    const { state, reason } = await readDomainState(virsh, uuid);
    switch (state) {
      case "paused":
        if (pausedByLibvirt.some((work) => reason.startsWith(work)))
          throw new Error(
            `libvirt has paused ${name} (${reason}). Fix: wait until libvirt resumes it (virsh domstate ${name}), then run this again`,
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
        log(`waiting for ${name} to shut down`);
        await until(uuid, "shut off", `${name} is still shutting down`);
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

  async function until(uuid: string, desired: string, failure: string): Promise<void> {
    const deadline = Date.now() + patience.timeout;
    while ((await readDomainState(virsh, uuid)).state !== desired) {
      if (Date.now() > deadline)
        throw new Error(`${failure} after ${patience.timeout / 1000} s: virsh domstate ${uuid}`);
      await sleep(patience.interval);
    }
  }

  async function expectItRuns({ uuid, name }: LibvirtObject): Promise<void> {
    const { state, reason } = await readDomainState(virsh, uuid);
    if (state === "running") return;
    const disks = lines(await virsh("domblkerror", uuid).catch(() => "")).join(", ");
    const why = [reason, disks].filter(Boolean).join("; ");
    throw new Error(
      `${name} was resumed and is ${state} again (${why}). Fix: free space where its pool is full, then run this again`,
    );
  }

  async function setClock({ uuid, name }: LibvirtObject): Promise<void> {
    try {
      await syncClock(virsh, uuid);
    } catch (error) {
      log(`the clock of ${name} may be behind: ${(error as Error).message.split("\n")[0]}`);
    }
  }
}
