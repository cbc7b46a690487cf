import { describe, expect, it } from "vitest";
import { refuseSharedNames } from "../../preflight/simulated-names.ts";
import { deriveTopology } from "../../topology.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { configWith } from "../support/settings.ts";

/** Checks a configuration against the resources of the prior state. */
function check(prior: PriorOutputs, pools: readonly object[], others: Record<string, string> = {}) {
  const config = configWith({ workers: "2", ...others, simulatedNodes: JSON.stringify(pools) });
  return () => refuseSharedNames(config, deriveTopology(config), priorStateOf(prior));
}

const simulated = (nodes: Record<string, number>) => ({ "simulatedNodes dev-simulated": { nodes } });

describe("a name of a simulated node", () => {
  it("is accepted in a new cluster, and beside the workers and simulated nodes of the cluster", () => {
    const big = { name: "big", count: 3 };
    expect(check({}, [big])).not.toThrow();
    expect(check({ ...simulated({ big: 3 }), "worker dev-worker-node-1": {} }, [big])).not.toThrow();
    expect(check({ ...simulated({ big: 3 }), "worker dev-big-4": {} }, [big])).not.toThrow();
  });

  it("is refused while a machine of the cluster has it, with the name of each", () => {
    const machines = { "worker dev-old-1": {}, "worker dev-old-2": {}, "worker dev-old-3": {} };
    expect(check(machines, [{ name: "old", count: 2 }])).toThrow(
      "Nothing was created: nodes of the configuration have the names of other nodes.\n" +
        "  old-1 is a machine of the cluster, expected a free name for a simulated node\n" +
        "  old-2 is a machine of the cluster, expected a free name for a simulated node\n" +
        "Fix: choose another name, or remove the other nodes with an `npm run up` of their own.",
    );
  });

  it("is refused for a worker and for the control plane", () => {
    expect(check(simulated({ "worker-node": 1 }), [])).toThrow(
      "  worker-node-1 is a simulated node of the cluster, expected a free name for a machine\nFix",
    );
    expect(check(simulated({ "control-plane": 2 }), [], { masterName: "control-plane-2" })).toThrow(
      "control-plane-2 is a simulated node of the cluster",
    );
  });
});
