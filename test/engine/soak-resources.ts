import { controlPlane, type NodeSettings } from "./soak-settings.ts";

/** Change of a node by hand: a removed object, a machine that is off, or a deleted Node. */
export type Damage = "domain" | "root" | "seed" | "off" | "Node";

/** Owners of resources besides the nodes. `cluster` owns what stays for the whole life of a cluster. */
export type OtherOwner = "base images" | "data disk" | "cluster";

/** Owner of a resource in the model: a node, or one of OtherOwner. Undefined for a resource that the model does not predict. */
export function ownerOf(resource: string): string | undefined {
  if (resource === "Volume base") return "base images";
  if (resource === "Volume master-data") return "data disk";
  if (/^(RandomUuid|Network|Pool) /.test(resource)) return "cluster";
  return /^(?:Volume|Domain|Command) (worker-[a-z]+-\d+|master(?=-root|-seed|-host-key|$))/.exec(resource)?.[1];
}

const rootOf = (name: string) => `Volume ${name}-root`;
const seedOf = (name: string) => `Volume ${name}-seed`;
const domainOf = (name: string) => `Domain ${name}`;
const hostKeyOf = (name: string) => `Command ${name}-host-key`;
const stepOf = (name: string, step: string) => `Command ${name}-${step}`;
/** Steps of a join, which are repeated with it. The control plane never joins. */
const joinOf = (name: string) =>
  name === controlPlane ? [] : ["token", "join", "ready"].map((step) => stepOf(name, step));

/** Operations that create a node, sorted. */
export function created(name: string): readonly string[] {
  const all = [rootOf(name), seedOf(name), domainOf(name), hostKeyOf(name), ...joinOf(name)];
  return all.map((resource) => `create ${resource}`).sort();
}

/** Operations that delete a node. A refresh has removed from the state what was removed by hand. */
export function deleted(name: string, damage: ReadonlySet<Damage>): readonly string[] {
  const all = [
    ...(damage.has("root") ? [] : [rootOf(name)]),
    ...(damage.has("seed") ? [] : [seedOf(name)]),
    ...(damage.has("domain") ? [] : [domainOf(name)]),
    hostKeyOf(name),
    ...joinOf(name),
  ];
  return all.map((resource) => `delete ${resource}`).sort();
}

/**
 * Operations that give a node other settings and repair it.
 * @param joinsAgain Whether a worker joins again on the same machine.
 */
export function changed(
  name: string,
  had: NodeSettings,
  wanted: NodeSettings,
  { damage, joinsAgain }: { readonly damage: ReadonlySet<Damage>; readonly joinsAgain: boolean },
): readonly string[] {
  const isAnother = had.memoryMiB !== wanted.memoryMiB || had.image !== wanted.image;
  // A domain names its root disk, and a new root disk has another name.
  const hasNewRoot = isAnother || damage.has("root");
  const hasNewDomain = hasNewRoot || damage.has("domain");
  const differs = (key: "labels" | "taints") => had[key].join() !== wanted[key].join();
  const replaced = [
    ...(hasNewDomain ? [hostKeyOf(name)] : []),
    ...(hasNewDomain || joinsAgain ? joinOf(name) : []),
    ...(isAnother && !damage.has("root") ? [rootOf(name)] : []),
    ...(hasNewRoot && !damage.has("domain") ? [domainOf(name)] : []),
  ];
  const recreated = [
    ...(damage.has("root") ? [rootOf(name)] : []),
    ...(damage.has("domain") ? [domainOf(name)] : []),
    // The new seed disk has the same name, so nothing else changes.
    ...(damage.has("seed") ? [seedOf(name)] : []),
  ];
  const updated = [
    ...(damage.has("off") && !hasNewDomain ? [domainOf(name)] : []),
    ...(!hasNewDomain && !joinsAgain && differs("taints") ? [stepOf(name, "join")] : []),
    ...(!hasNewDomain && !joinsAgain && (differs("taints") || differs("labels")) ? [stepOf(name, "ready")] : []),
  ];
  return [
    ...replaced.flatMap((resource) => [`create ${resource}`, `delete ${resource}`]),
    ...recreated.map((resource) => `create ${resource}`),
    ...updated.map((resource) => `update ${resource}`),
  ].sort();
}
