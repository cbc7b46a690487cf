import { describe, expect, it } from "vitest";
import { durationsOf, partsOf, report } from "../../bench/floor/comparison.ts";

const output = [
  " +  libvirt:index:Domain lab-master creating (0s) ",
  " +  libvirt:index:Domain lab-master created (85s) ",
  " +  libvirt:index:Domain lab-worker-node-1 created (99s) ",
  ' +  command:local:Command lab-master-host-key created (0.16s) {"address":"192.168.222.10"}',
  " +  command:remote:Command lab-master-init created (117s) [ 103s] control plane v1.36.3 is up",
  " +  command:remote:Command lab-worker-node-1-token created (10s) ",
  " +  command:remote:Command lab-worker-node-2-token created (12s) ",
  " +  command:remote:Command lab-worker-node-1-join created (50s) ",
  " +  command:remote:Command lab-worker-node-1-ready created (28s) ",
  " +  command:remote:Command lab-ready created (22s) ",
  " +  kubernetes:apps/v1:Deployment lab-addons-coredns created (37s) ",
  " +  kubernetes:apps/v1:DaemonSet lab-addons-smoke created (21s) ",
].join("\n");
const floor = {
  "boot master": 90,
  init: 200,
  "boot worker-node-1": 95,
  "token worker-node-1": 210,
  "join worker-node-1": 255,
  ready: 270,
  coredns: 240,
  smoke: 280,
};

describe("the durations of an up", () => {
  it("are those of created resources, by type and name", () => {
    const durations = durationsOf(output);
    expect(durations.size).toBe(11);
    expect(durations.get("Domain lab-master")).toBe(85);
    expect(durations.get("Command lab-master-host-key")).toBe(0.16);
    expect(durationsOf("nothing was created (5s)").size).toBe(0);
  });
});

describe("the parts of the longest chain", () => {
  it("count work that runs side by side once", () => {
    const slow = output.replace("coredns created (37s)", "coredns created (70s)");
    const seconds = partsOf("lab", slow, 400, floor).map(({ part, up }) => [part, up]);
    expect(Object.fromEntries(seconds)).toMatchObject({ "nodes Ready, CoreDNS and smoke check": 70, rest: 66 });
  });

  const parts = partsOf("lab", output, 400, floor);

  it("have the slowest worker's steps, and add up to both totals", () => {
    const seconds = Object.fromEntries(parts.map(({ part, up, floor }) => [part, [up, floor]]));
    expect(seconds).toEqual({
      "boot of the control plane": [85, 90],
      initialization: [117, 110],
      tokens: [12, 10],
      joins: [50, 45],
      "nodes Ready, CoreDNS and smoke check": [50, 25],
      rest: [86, 0],
    });
    expect(parts.reduce((sum, { up }) => sum + up, 0)).toBe(400);
    expect(parts.reduce((sum, { floor }) => sum + floor, 0)).toBe(280);
  });

  it("are reported with both ratios, each with its goal", () => {
    const text = report({ workers: 2, up: 400, floor: 280, manual: 800 }, parts);
    expect(text).toContain("up / floor: 1.43 (goal: at most 1.10, missed)");
    expect(text).toContain("up / order by hand (800 s): 0.50 (goal: at most 0.60, met)");
    expect(text).toMatch(/^total\s+400\s+280\s+120$/m);
  });
});
