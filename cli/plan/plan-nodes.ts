import { compareNames } from "../../lib/name-order.ts";
import { grownSize } from "../../lifecycle/grown-size.ts";
import { isDataDisk, nameOfUrn, resourceName, resourceType, suffix } from "../../names.ts";
import type { Role } from "../../topology.ts";
import type { Inputs, Plan, Planned } from "./planned.ts";

/** Resources of a node in a plan. A resource that neither the state nor the settings have is undefined. */
export interface PlanNode {
  readonly name: string;
  readonly role: Role;
  /** The component of the node. */
  readonly component: Planned;
  readonly domain: Planned | undefined;
  readonly root: Planned | undefined;
  readonly data: Planned | undefined;
  /** Seed disks; two where the content changes, because the content is in the name. */
  readonly seeds: readonly Planned[];
  /** Commands, by the suffix of their names. */
  readonly steps: ReadonlyMap<string, Planned>;
}

/** Suffixes of the commands of a node. */
const stepSuffixes = [
  suffix.hostKey,
  suffix.growth,
  suffix.init,
  suffix.drainPolicy,
  suffix.kubeconfig,
  suffix.token,
  suffix.join,
  suffix.ready,
] as const;

/**
 * Size of a control plane's data disk before or after a plan, in GiB; undefined for a node without such a disk.
 *
 * The volume has the size of its creation until a refresh. A command has each later size.
 */
export function dataDiskGiB({ data, steps }: PlanNode, side: (resource: Planned) => Inputs): number | undefined {
  const grown = steps.get(suffix.growth);
  const size = data && side(data).size;
  return grownSize(grown && side(grown)) ?? (typeof size === "number" ? size / 2 ** 30 : undefined);
}

/** Name of the plan's cluster; "" for a plan without one. */
function clusterOfPlan({ resources }: Plan): string {
  return resources.find(({ type }) => type === resourceType.cluster)?.name ?? "";
}

/** Returns the nodes of a plan with their resources: the control plane first, then the workers by name. */
export function nodesOfPlan(plan: Plan): readonly PlanNode[] {
  const cluster = clusterOfPlan(plan);
  const roles: Readonly<Record<string, Role>> = {
    [resourceType.master]: "control-plane",
    [resourceType.worker]: "worker",
  };
  const byParent = new Map<string, Planned[]>();
  for (const resource of plan.resources) {
    const name = nodeResourceOf(resource);
    byParent.set(name, [...(byParent.get(name) ?? []), resource]);
  }
  const nodes = plan.resources.flatMap((component) => {
    const role = roles[component.type];
    if (role === undefined) return [];
    const own = byParent.get(component.name) ?? [];
    return [nodeOf(component, role, own, component.name.slice(resourceName(cluster, "").length))];
  });
  const rank = ({ role }: PlanNode) => (role === "worker" ? 1 : 0);
  return nodes.sort((one, other) => rank(one) - rank(other) || compareNames(one.name, other.name));
}

/** Resource name of the node that a resource belongs to: its name without the suffix. */
function nodeResourceOf({ urn, type }: Planned): string {
  const name = nameOfUrn(urn);
  const isCommand = type === resourceType.localCommand || type === resourceType.remoteCommand;
  if (type !== resourceType.volume && !isCommand) return name;
  const ends = isCommand ? stepSuffixes : [suffix.root, suffix.data];
  const end = ends.find((end) => name.endsWith(end));
  if (end !== undefined) return name.slice(0, -end.length);
  return name.replace(new RegExp(`${suffix.seed}-[0-9a-f]+$`), "");
}

function nodeOf(component: Planned, role: Role, own: readonly Planned[], name: string): PlanNode {
  const volume = (end: string) => own.find(({ type, name }) => type === resourceType.volume && name.endsWith(end));
  const isStep = ({ type }: Planned) => type === resourceType.localCommand || type === resourceType.remoteCommand;
  return {
    name,
    role,
    component,
    domain: own.find(({ type }) => type === resourceType.domain),
    root: volume(suffix.root),
    data: own.find(({ urn }) => isDataDisk(urn)),
    seeds: own.filter(({ type, name }) => type === resourceType.volume && name.includes(`${suffix.seed}-`)),
    steps: new Map(own.filter(isStep).map((step) => [stepSuffixes.find((end) => step.name.endsWith(end)) ?? "", step])),
  };
}
