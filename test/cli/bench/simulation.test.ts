import { describe, expect, test } from "vitest";
import { hasKwok, refuseFullPodNetwork, simulationOn } from "../../../cli/bench/simulation.ts";
import type { ControlPlaneShell } from "../../../cli/node-ssh.ts";
import type { ClusterOutputs } from "../../../cli/stack/outputs.ts";
import { settingsOf } from "../stack/stack-settings.ts";

const podCidr = "10.244.0.0/16";

/** Starts and stops the simulation of a stack, and returns the scripts with their input. */
async function scriptsOf(settings: Readonly<Record<string, string>>) {
  const scripts: { readonly script: string; readonly stdin: string }[] = [];
  const run: ControlPlaneShell["run"] = (script, _parameters, stdin = "") => {
    scripts.push({ script, stdin });
    return Promise.resolve("");
  };
  const simulation = simulationOn({ run }, settingsOf({ podCidr, ...settings }));
  await simulation.start();
  await simulation.stop();
  return scripts;
}

describe("the simulation of a benchmark", () => {
  test("starts kwok without a node of its own, and stops it", async () => {
    const [start, stop, ...more] = await scriptsOf({});
    expect([start?.script, stop, more]).toEqual([
      "simulate-nodes",
      { script: "remove-simulated-nodes", stdin: "" },
      [],
    ]);
    // The empty line ends the list of pools.
    expect(start?.stdin).toMatch(/^\n\{"apiVersion":"config.kwok.x-k8s.io/);
    expect(start?.stdin).toContain('"nodeLeaseDurationSeconds":120');
    expect(start?.stdin).toContain("kind: Stage");
  });

  test("renews leases for the controller manager of the stack", async () => {
    const controllerManager = { "node-monitor-grace-period": "5m" };
    const [start] = await scriptsOf({ controlPlaneArguments: JSON.stringify({ controllerManager }) });
    expect(start?.stdin).toContain('"nodeLeaseDurationSeconds":720');
  });

  test("is none of a cluster that has kwok already", () => {
    expect(hasKwok({ simulatedNodes: { sim: 1 } })).toBe(true);
    expect(hasKwok({ simulatedNodes: {} })).toBe(false);
    expect(hasKwok({})).toBe(false);
  });
});

describe("a pod network", () => {
  const nodes = (count: number): Pick<ClusterOutputs, "nodes"> => ({
    nodes: Array.from({ length: count }, (_, index) => ({ name: `n-${index}`, role: "worker", address: "" })),
  });
  const settings = settingsOf({ podCidr: "10.244.0.0/22" });

  test("has room for simulated nodes while it has a range that no node needs", () => {
    expect(() => refuseFullPodNetwork(nodes(3), settings)).not.toThrow();
  });

  test("is refused where the nodes need all its ranges", () => {
    expect(() => refuseFullPodNetwork(nodes(4), settings)).toThrow(
      "podCidr is 10.244.0.0/22, whose ranges the 4 nodes need themselves, so no simulated node can have one. Fix: ",
    );
  });
});
