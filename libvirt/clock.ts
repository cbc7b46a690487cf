import type { Virsh } from "./virsh.ts";

/** Seconds that a guest's clock may be away from this machine's: certificates and leases bear more. */
export const clockTolerance = 5;

/**
 * Seconds that a running domain's clock is ahead of this machine's, negative where it is behind; 0 within the time that
 * asking took. One call of the guest agent.
 * @throws when the guest agent does not answer.
 */
export async function clockOffset(virsh: Virsh, domain: string): Promise<number> {
  const before = Math.floor(Date.now() / 1000);
  const answer = await virsh("domtime", domain);
  const after = Date.now() / 1000;
  const there = Number(/(\d+)\s*$/.exec(answer)?.[1] ?? NaN);
  if (!Number.isFinite(there)) throw new Error(`virsh domtime ${domain} says no time: ${answer.trim() || "nothing"}`);
  return there < before ? there - before : Math.max(0, Math.floor(there - after));
}

/**
 * Sets a running domain's clock through its guest agent, as is needed after a pause, during which a guest's clock stands
 * still.
 *
 * The machine's hardware clock is the source: QEMU lets it follow the hypervisor's clock, also while the machine is paused. An
 * image without hwclock cannot read it and is told this machine's time.
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
      // Without hwclock the agent sets the clock and then reports that it could not set the hardware clock (qemu-ga 10.0,
      // guest-set-time): the clock itself says what happened.
      const offset = await clockOffset(virsh, domain).catch(() => NaN);
      if (!(Math.abs(offset) <= clockTolerance)) throw first;
    }
  }
}
