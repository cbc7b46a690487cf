import { drawCluster } from "../../../cli/graph/draw-cluster.ts";
import type { Graph } from "../../../cli/graph/graph.ts";
import { drawnState, nodeStates } from "./drawn-state.ts";

/** Returns the drawing of docs/images/graph.svg: a cluster in which three nodes are not in order. */
export function exampleGraph(): Graph {
  const live = nodeStates({
    "worker-general-2": { machine: "off", node: "NotReady" },
    "worker-bench-3": { machine: "running", node: "NotReady" },
  });
  return drawCluster({ stack: "lab", state: drawnState(), live, fold: 8 });
}
