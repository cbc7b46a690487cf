import { factsOfPlan } from "../../../cli/plan/live-facts.ts";
import { renderSummary } from "../../../cli/plan/summary.ts";
import type { TimedRun } from "../../../cli/plan/estimate.ts";
import { recordedPlan } from "./recorded-plan.ts";

/** Times of a cluster under KVM, as a record of a run has them. */
const run: TimedRun = {
  seconds: 242.2,
  changes: { created: 46, updated: 0, deleted: 0, replaced: 0, same: 0 },
  nodes: [
    { name: "master", role: "control-plane", address: "192.168.222.10", image: "6d1c9ac3984a" },
    { name: "worker-node-1", role: "worker", address: "192.168.222.100", image: "6d1c9ac3984a" },
  ],
  timings: {
    cluster: { ready: 26 },
    master: { apiServer: 32, boot: 27, certificates: 8, cloudInit: 18, kubelet: 33 },
    "worker-node-1": { boot: 27, cloudInit: 18, join: 19, ready: 7, token: 5 },
  },
};

/** The comment in docs/continuous-integration.md: a plan of the real engine, with the answers of a hypervisor. */
export function documentedComment(): string {
  return renderSummary({
    ...factsOfPlan("lab", recordedPlan("replace-and-grow"), [run]),
    pods: [
      { node: "worker-node-1", evicted: 6, unmanaged: ["default/debug"], scratch: ["shop/cart-0"], localVolumes: [] },
      { node: "worker-node-2", evicted: 4, unmanaged: [], scratch: [], localVolumes: ["pv-database"] },
    ],
    capacity: { memoryMiB: 15_900, freeMemoryMiB: 3_100, processors: 16, usedVcpus: 6, freeDiskGiB: 212 },
    unknown: [],
  });
}
