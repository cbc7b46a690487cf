import { defaultJoinWaveSize } from "../../config/join-waves.ts";
import { defaultDrainMinutes } from "../../config/timeouts.ts";
import type { Virsh } from "../../libvirt/virsh.ts";
import type { DomainType } from "../../libvirt/virtualisation.ts";
import { resourceType, suffix } from "../../names.ts";
import { readCapacity } from "./capacity.ts";
import { changedNodes } from "./changed-nodes.ts";
import { demandOf } from "./demand.ts";
import { estimate, type Pace, type TimedRun } from "./estimate.ts";
import { lossesOf } from "./losses.ts";
import { planDiff } from "./plan-diff.ts";
import { readPlan, type Plan } from "./planned.ts";
import { podsOn } from "./pods.ts";
import type { Facts } from "./summary.ts";

/** Sources of the facts that no plan has. */
export interface Sources {
  readonly virsh: Virsh;
  /** Runs kubectl on the cluster, and returns what it prints. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Earlier runs of the stack, the oldest first. */
  readonly runs: readonly TimedRun[];
  /** Sentences about what the plan could not read. */
  readonly notes: readonly string[];
}

/** Facts that follow from the engine's events alone. */
type PlanFacts = Omit<Facts, "pods" | "capacity" | "unknown">;

/** Returns the facts of a plan, without a question to the hypervisor or the cluster. @param events See {@link readPlan}. */
export function factsOfPlan(stack: string, events: string, runs: readonly TimedRun[]): PlanFacts {
  const plan = readPlan(events);
  const changes = changedNodes(plan);
  const type = domainTypeOf(plan);
  return {
    stack,
    changes,
    changedResources: plan.resources.filter(({ operation, type }) => operation !== "same" && !isComponent(type)).length,
    losses: lossesOf(plan, changes),
    estimate: estimate(changes, runs, paceOf(plan.settings, type)),
    drainMinutes: Number(plan.settings.drainTimeoutMinutes) || defaultDrainMinutes[type],
    demand: demandOf(plan),
    diff: planDiff(plan),
  };
}

/** Returns all facts of a plan. A source that does not answer leaves its fact unknown. */
export async function liveFacts(stack: string, events: string, sources: Sources): Promise<Facts> {
  const { virsh, kubectl, runs, notes } = sources;
  const facts = factsOfPlan(stack, events, runs);
  const [pods, capacity] = await Promise.all([
    facts.losses.drained.length === 0 ? [] : readPods(facts.losses.drained, kubectl),
    readCapacity(virsh, poolOf(readPlan(events))),
  ]);
  const isSilent = Object.keys(capacity).length === 0;
  return {
    ...facts,
    pods,
    capacity: isSilent ? { why: "The hypervisor does not answer, so its free capacity is unknown." } : capacity,
    unknown: notes,
  };
}

async function readPods(nodes: readonly string[], kubectl: Sources["kubectl"]): Promise<Facts["pods"]> {
  try {
    const get = (...what: readonly string[]) => kubectl("get", ...what, "-o", "json", "--request-timeout=30s");
    const [pods, volumes] = await Promise.all([get("pods", "-A"), get("pv")]);
    return podsOn(nodes, pods, volumes);
  } catch {
    return { why: "the API server does not answer, so the pods on these nodes are unknown." };
  }
}

/** Settings of a plan or of a stack that order its changes. A value that is no number counts as the default. */
export function paceOf(settings: Readonly<Record<string, unknown>>, type: DomainType): Pace {
  const number = (key: string, otherwise: number) => Math.max(1, Number(settings[key]) || otherwise);
  return {
    maxUnavailable: number("maxUnavailable", 1),
    joinWaveSize: number("joinWaveSize", defaultJoinWaveSize[type]),
  };
}

function domainTypeOf({ resources }: Plan): DomainType {
  const domain = resources.find(({ type }) => type === resourceType.domain);
  return (domain?.after.type ?? domain?.before.type) === "kvm" ? "kvm" : "qemu";
}

/** Storage pool of the nodes' disks in the state; undefined before it exists. */
function poolOf({ resources }: Plan): string | undefined {
  const root = resources.find(
    ({ type, name, before }) => type === resourceType.volume && name.endsWith(suffix.root) && "pool" in before,
  );
  return typeof root?.before.pool === "string" ? root.before.pool : undefined;
}

function isComponent(type: string): boolean {
  return /^(nodeforge|pulumi):/.test(type);
}
