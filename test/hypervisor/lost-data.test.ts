import { describe, expect, it } from "vitest";
import { isDataLost } from "../../hypervisor/lost-data.ts";
import { knownOf } from "../support/known.ts";
import { configWith } from "../support/settings.ts";

const remembered = {
  "Command dev-master-init": {},
  "RandomUuid dev-id": { result: "01234567-89ab-4cde-8f01-23456789abcd" },
};
const volume = "dev-master-data-01234567.qcow2";
const given = { masterDataProtected: "false" };

/** Looks for the disk where libvirt has these volumes in this pool. */
async function look(known: Parameters<typeof knownOf>[0], volumes: string[], raw = {}, pool = "nodeforge-dev") {
  const calls: string[] = [];
  const virsh = (...args: readonly string[]) => {
    calls.push(args.join(" "));
    const list = volumes.map((name) => ` ${name}   /pools/${pool}/${name}\n`).join("");
    return Promise.resolve(args[0] === "pool-list" ? `${pool}\n` : args[0] === "vol-list" ? list : "");
  };
  const outcome = await isDataLost(configWith(raw), knownOf(known), virsh).catch((error: Error) => error.message);
  return { outcome, calls };
}

describe("the disk with the control plane's data", () => {
  it("is lost when neither the stack nor libvirt has it: refused, with what it is and what to do", async () => {
    const { outcome } = await look(remembered, ["theirs.qcow2"]);
    expect(outcome).toMatch(
      new RegExp(`^Nothing was changed: .* is gone, volume ${volume} of pool nodeforge-dev\\.\n`),
    );
    expect(outcome).toContain("do not stop it");
    expect(outcome).toContain("virsh -c qemu:///system vol-list --pool nodeforge-dev\n");
    expect(outcome).toMatch(/masterDataProtected to false.*`npm run destroy` comes first\.$/s);
  });

  it("is lost also when the pool is not there, or another stack's disk is", async () => {
    expect((await look(remembered, [volume], {}, "another")).outcome).toContain("Nothing was changed");
    expect((await look(remembered, [volume.replace("0", "f")])).outcome).toContain("Nothing was changed");
  });

  it("may be given up", async () => {
    expect((await look(remembered, [], given)).outcome).toBe(true);
  });

  it.each([{}, given])("is not lost when it is back in its pool, where libvirt looks anew: %o", async (raw) => {
    const { outcome, calls } = await look(remembered, [volume], raw);
    expect(outcome).toBe(false);
    expect(calls).toEqual(["pool-list --name", "pool-refresh nodeforge-dev", "vol-list --pool nodeforge-dev"]);
  });

  it.each([
    ["the stack has it", { ...remembered, "Volume dev-master-data": {} }],
    ["no control plane was made yet", { "RandomUuid dev-id": remembered["RandomUuid dev-id"] }],
    ["there is no cluster", {}],
  ])("is not looked for when %s", async (_, known) => {
    expect(await look(known, [])).toEqual({ outcome: false, calls: [] });
  });

  it("is not taken for lost when libvirt cannot be asked", async () => {
    const virsh = () => Promise.reject(new Error("no answer"));
    for (const raw of [{}, given]) {
      await expect(isDataLost(configWith(raw), knownOf(remembered), virsh)).rejects.toThrow(
        `Nothing was changed: the disk ${volume} cannot be looked for.\n  no answer`,
      );
    }
  });
});
