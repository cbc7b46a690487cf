import { describe, expect, it } from "vitest";
import { clockOffset, syncClock } from "../../libvirt/clock.ts";
import type { Virsh } from "../../libvirt/virsh.ts";

const seconds = (offset: number) => `Time: ${Math.floor(Date.now() / 1000) + offset}\n`;

/** A guest whose clock is `offset` seconds ahead. Calls in `refused` fail; with `setsAnyway`, a failed `--now` sets the clock. */
function guest(offset: number, refused: readonly string[] = [], setsAnyway = false) {
  const asked: string[] = [];
  let away = offset;
  const virsh: Virsh = (...args) => {
    const command = args.join(" ");
    asked.push(command);
    const isRefused = refused.includes(command);
    if (/--(sync|now)/.test(command) && (!isRefused || (setsAnyway && command.includes("--now")))) away = 0;
    if (isRefused) return Promise.reject(new Error(`refused: ${command}`));
    return Promise.resolve(command === "domtime w" ? seconds(away) : "");
  };
  return { virsh, asked };
}

describe("the clock of a guest", () => {
  it.each([-240, 240])("has an offset of %d s", async (offset) => {
    const found = await clockOffset(guest(offset).virsh, "w");
    expect(Math.abs(found - offset)).toBeLessThanOrEqual(1);
  });

  it("has no offset within the duration of the call", async () => {
    expect(await clockOffset(guest(0).virsh, "w")).toBe(0);
  });

  it("is unknown without an answer", async () => {
    await expect(clockOffset(guest(0, ["domtime w"]).virsh, "w")).rejects.toThrow("refused: domtime w");
    await expect(clockOffset(() => Promise.resolve("\n"), "w")).rejects.toThrow(
      'virsh domtime w: expected "Time: <seconds>", got ""',
    );
  });
});

describe("setting the clock", () => {
  it("uses the hardware clock, in one call", async () => {
    const { virsh, asked } = guest(-240);
    await syncClock(virsh, "w");
    expect(asked).toEqual(["domtime w --sync"]);
  });

  it("uses the time of this machine when the guest cannot read its hardware clock", async () => {
    const { virsh, asked } = guest(-240, ["domtime w --sync"]);
    await syncClock(virsh, "w");
    expect(asked).toEqual(["domtime w --sync", "domtime w --now"]);
  });

  it("succeeds when the guest fails only to set its hardware clock", async () => {
    await syncClock(guest(-240, ["domtime w --sync", "domtime w --now"], true).virsh, "w");
  });

  it("fails with the first reason when the clock is still wrong", async () => {
    const refusing = guest(-240, ["domtime w --sync", "domtime w --now"]);
    await expect(syncClock(refusing.virsh, "w")).rejects.toThrow("refused: domtime w --sync");
    const silent = guest(-240, ["domtime w --sync", "domtime w --now", "domtime w"], true);
    await expect(syncClock(silent.virsh, "w")).rejects.toThrow("refused: domtime w --sync");
  });
});
