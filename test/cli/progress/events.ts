import type { EngineEvent, Step } from "../../../cli/engine-events/engine-event.ts";

const stack = "urn:pulumi:lab::nodeforge::";

/** Types of the resources in a cluster of the tests. */
const types = {
  cluster: "nodeforge:index:Cluster",
  worker: "nodeforge:index:Worker",
  volume: "libvirt:index/volume:Volume",
  domain: "libvirt:index/domain:Domain",
  local: "command:local:Command",
  remote: "command:remote:Command",
  readiness: "nodeforge:index:NodeReadiness",
  service: "kubernetes:core/v1:Service",
  deployment: "kubernetes:apps/v1:Deployment",
} as const;

/** URN of a component of the cluster `lab`. */
export function component(type: "cluster" | "worker" | "readiness", name: string): string {
  const path = type === "cluster" ? types.cluster : `${types.cluster}$${types[type]}`;
  return `${stack}${path}::${name}`;
}

/** A step of the cluster, or of a node. */
export function step(op: string, type: keyof typeof types, name: string, parent = "", isPlanned = false): Step {
  const path = [parent.split("::")[2], types[type]].filter((part) => part !== undefined && part !== "").join("$");
  return { op, urn: `${stack}${path}::${name}`, type: types[type], parent, isPlanned };
}

/** An event of a step. */
export function event(is: "begun" | "ended" | "failed", of: Step): EngineEvent {
  return { is, step: of };
}

/** A message of a step. */
export function message(of: Step, text: string, severity: "info" | "warning" = "info"): EngineEvent {
  return { is: "message", urn: of.urn, severity, text };
}

/** URN of a worker. */
function worker(number: number): string {
  return component("worker", `lab-worker-node-${number}`);
}

/** The cluster. */
export const cluster = step("create", "cluster", "lab");

/** Component of a worker. */
export function workerStep(op: string, number: number): Step {
  return step(op, "worker", `lab-worker-node-${number}`, cluster.urn);
}

/** A step of a worker, whose name ends with a suffix. */
export function ofWorker(op: string, type: keyof typeof types, number: number, suffix: string): Step {
  return step(op, type, `lab-worker-node-${number}${suffix}`, worker(number));
}
