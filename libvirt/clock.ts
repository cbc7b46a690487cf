import type { Virsh } from "./virsh.ts";

/** Largest tolerated difference between a guest's clock and this machine's, in seconds. Certificates and leases tolerate more. */
export const clockTolerance = 5;

/**
 * Returns the seconds by which a running domain's clock is ahead of this machine's; negative when it is behind. Returns 0 when
 * the difference is within the duration of the call. Calls the guest agent once.
 * @throws when the guest agent does not answer, or answers without a time.
 */
export async function clockOffset(virsh: Virsh, domain: string): Promise<number> {
  const before = Math.floor(Date.now() / 1000);
  const answer = await virsh("domtime", domain);
  const after = Date.now() / 1000;
  const there = Number(/(\d+)\s*$/.exec(answer)?.[1] ?? NaN);
  if (!Number.isFinite(there))
    throw new Error(`virsh domtime ${domain}: expected "Time: <seconds>", got ${JSON.stringify(answer.trim())}`);
  return there < before ? there - before : Math.max(0, Math.floor(there - after));
}

/**
 * Sets a running domain's clock through its guest agent. This is necessary after a pause, because the clock of a paused guest
 * stops.
 *
 * The source is the machine's hardware clock, which follows the hypervisor's clock in QEMU, also during a pause. An image
 * without hwclock cannot read it, so it gets the time of this machine.
 * @param domain Name or UUID.
 * @throws when the guest agent does not answer, or the clock is still wrong.
 */
export async function syncClock(virsh: Virsh, domain: string): Promise<void> {
  try {
    await virsh("domtime", domain, "--sync");
  } catch (first) {
    try {
      await virsh("domtime", domain, "--now");
    } catch {
      // Without hwclock, the agent sets the clock and then reports that it could not set the hardware clock (qemu-ga 10.0,
      // guest-set-time). So the clock is read again.
      const offset = await clockOffset(virsh, domain).catch(() => NaN);
      if (!(Math.abs(offset) <= clockTolerance)) throw first;
    }
  }
}
