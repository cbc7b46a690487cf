import { describe, expect, it } from "vitest";
import { clockOffset, syncClock } from "../../libvirt/clock.ts";
import type { Virsh } from "../../libvirt/virsh.ts";

const seconds = (offset: number) => `Time: ${Math.floor(Date.now() / 1000) + offset}\n`;

/** A virsh whose guest's clock is so many seconds ahead; what `refused` names fails, and `--now` may set the clock all the same. */
function guest(offset: number, refused: readonly string[] = [], setsAllTheSame = false) {
  const asked: string[] = [];
  let away = offset;
  const virsh: Virsh = (...args) => {
    const command = args.join(" ");
    asked.push(command);
    const isRefused = refused.includes(command);
    if (/--(sync|now)/.test(command) && (!isRefused || (setsAllTheSame && command.includes("--now")))) away = 0;
    if (isRefused) return Promise.reject(new Error(`refused: ${command}`));
    return Promise.resolve(command === "domtime w" ? seconds(away) : "");
  };
  return { virsh, asked };
}

describe("the clock of a guest", () => {
  it.each([-240, 240])("is %d s away", async (offset) => {
    const found = await clockOffset(guest(offset).virsh, "w");
    expect(Math.abs(found - offset)).toBeLessThanOrEqual(1);
  });

  it("is not away within the time it took to ask", async () => {
    expect(await clockOffset(guest(0).virsh, "w")).toBe(0);
  });

  it("is unknown where there is no answer", async () => {
    await expect(clockOffset(guest(0, ["domtime w"]).virsh, "w")).rejects.toThrow("refused: domtime w");
    await expect(clockOffset(() => Promise.resolve("\n"), "w")).rejects.toThrow(
      "virsh domtime w says no time: nothing",
    );
  });
});

describe("setting it", () => {
  it("takes the hardware clock, in one call", async () => {
    const { virsh, asked } = guest(-240);
    await syncClock(virsh, "w");
    expect(asked).toEqual(["domtime w --sync"]);
  });

  it("takes this machine's time where the guest cannot read its hardware clock", async () => {
    const { virsh, asked } = guest(-240, ["domtime w --sync"]);
    await syncClock(virsh, "w");
    expect(asked).toEqual(["domtime w --sync", "domtime w --now"]);
  });

  it("is content when the guest complains of its hardware clock only", async () => {
    await syncClock(guest(-240, ["domtime w --sync", "domtime w --now"], true).virsh, "w");
  });

  it("fails with the first reason when the clock is still wrong", async () => {
    const refusing = guest(-240, ["domtime w --sync", "domtime w --now"]);
    await expect(syncClock(refusing.virsh, "w")).rejects.toThrow("refused: domtime w --sync");
    const silent = guest(-240, ["domtime w --sync", "domtime w --now", "domtime w"], true);
    await expect(syncClock(silent.virsh, "w")).rejects.toThrow("refused: domtime w --sync");
  });
});
