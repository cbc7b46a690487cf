import { readFileSync } from "node:fs";

/** Plans of the real engine for a cluster of two workers, without the steps of components that the tests do not read. */
export type RecordedPlan = "replace-and-grow" | "shrink" | "stopped";

/** Returns the engine's event log of a plan. */
export function recordedPlan(name: RecordedPlan): string {
  return readFileSync(new URL(`plans/${name}.jsonl`, import.meta.url), "utf8");
}

/** An event log with these steps and an end. */
export function eventLog(...steps: readonly object[]): string {
  const events = [...steps.map((metadata) => ({ resourcePreEvent: { metadata } })), { summaryEvent: {} }];
  return events.map((event, sequence) => JSON.stringify({ sequence, ...event })).join("\n");
}

const project = "urn:pulumi:lab::nodeforge";
const types = {
  cluster: "nodeforge:index:Cluster",
  worker: "nodeforge:index:Cluster$nodeforge:index:WorkerPool$nodeforge:index:Worker",
  master: "nodeforge:index:Cluster$nodeforge:index:Master",
};

/** A step of the engine on a resource of the cluster lab. */
export function step(
  op: string,
  owner: keyof typeof types,
  type: string,
  name: string,
  {
    before,
    after,
    diffs,
  }: { readonly before?: object; readonly after?: object; readonly diffs?: readonly string[] } = {},
) {
  const chain = type === "" ? types[owner] : `${types[owner]}$${type}`;
  return {
    op,
    urn: `${project}::${chain}::${name}`,
    type: chain.split("$").at(-1) ?? "",
    ...(before === undefined ? {} : { old: { inputs: before } }),
    ...(after === undefined ? {} : { new: { inputs: after } }),
    ...(diffs === undefined ? {} : { diffs }),
  };
}

/** The components of a cluster with a worker, which stay. */
export const kept = [step("same", "cluster", "", "lab"), step("same", "worker", "", "lab-worker-node-1")];
