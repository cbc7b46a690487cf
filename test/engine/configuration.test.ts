import { describe, expect, it } from "vitest";
import { TestStack } from "./stack.ts";

describe("a wrong configuration", () => {
  it("is refused with one error that names every wrong key, before anything is made", async () => {
    await using stack = await TestStack.create({
      workers: "many",
      masterVcpus: 1,
      networkCidr: "192.168.222.1/24",
      workerLabels: ["disk=ssd", "two words"],
      wrokers: 3,
    });
    for (const outcome of [await stack.preview(), await stack.up()]) {
      expect(outcome.succeeded).toBe(false);
      for (const key of ["workers", "masterVcpus", "networkCidr", "workerLabels", "wrokers"]) {
        expect(outcome.text).toContain(`nodeforge:${key}: wanted `);
      }
      expect(outcome.text).toContain("did you mean workers?");
      // A stack trace would say nothing to a user.
      expect(outcome.text).not.toMatch(/^\s+at /m);
      expect(outcome.calls.list).toEqual([]);
    }
    expect([...stack.world.things]).toEqual([]);
  });

  it("does not change a cluster that exists", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const { succeeded, calls } = await stack.up({ workers: -1 });
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a cluster on a pool and a network that exist", () => {
  it("makes, changes and deletes neither", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "theirs", network: "their-net" });
    stack.world.add({ urn: "", type: "libvirt:index/pool:Pool", id: "1", taken: "theirs", properties: {} }, false);
    stack.world.add(
      { urn: "", type: "libvirt:index/network:Network", id: "2", taken: "their-net", properties: {} },
      false,
    );
    stack.guests.chooseAddress("lab-master", "192.168.222.10");
    const up = await stack.up();
    expect(up.succeeded, up.text).toBe(true);
    expect(up.calls.list.filter((operation) => /Pool|Network/.test(operation))).toEqual([]);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things].map(({ taken }) => taken)).toEqual(["theirs", "their-net"]);
  });
});
