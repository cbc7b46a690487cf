import { imageOfBaseVolume, resourceType, suffix } from "../../names.ts";
import { dataDiskReason, type NodeChange, type Reason } from "./node-change.ts";
import { dataDiskGiB, nodesOfPlan, type PlanNode } from "./plan-nodes.ts";
import type { Inputs, Plan, Planned } from "./planned.ts";
import { isUnknown } from "./value.ts";

/** Properties of a domain whose change replaces the machine, in words, with their units. */
const machineProperties: readonly (readonly [key: string, what: string, unit: string])[] = [
  ["vcpu", "vCPUs", ""],
  ["memory", "memory", " MiB"],
  ["type", "virtualisation", ""],
  ["name", "domain name", ""],
];

/** Words for a step that runs again, by its suffix. */
const stepWords: Readonly<Record<string, string>> = {
  [suffix.hostKey]: "the scripts on the node",
  [suffix.init]: "the configuration of the control plane",
  [suffix.drainPolicy]: "the drain policy",
  [suffix.kubeconfig]: "the kubeconfig is read again",
  [suffix.token]: "the bootstrap token",
  [suffix.join]: "the configuration of the kubelet",
  [suffix.ready]: "labels and taints",
};

/** Returns the nodes that a plan changes, the control plane first. Each replacement has its reasons. */
export function changedNodes(plan: Plan): readonly NodeChange[] {
  const created = plan.resources.filter(
    ({ type, operation }) => type === resourceType.volume && operation === "create",
  );
  const images = [...new Set(created.flatMap(({ after }) => imageOfBaseVolume(String(after.name)) ?? []))];
  // The id of a base volume that does not exist yet is unknown. Only one new image leaves no doubt.
  const newImage = images.length === 1 ? images[0] : undefined;
  return nodesOfPlan(plan).flatMap((node) => changeOf(node, newImage) ?? []);
}

function changeOf(node: PlanNode, newImage: string | undefined): NodeChange | undefined {
  const { name, role, component, domain } = node;
  const change = (change: NodeChange["change"], reasons: readonly Reason[] = []): NodeChange => ({
    node: name,
    role,
    change,
    reasons,
  });
  if (component.operation === "create") return change("added");
  if (component.operation === "delete") return change("removed");
  if (domain?.operation === "create") return change("replaced", [{ what: "its machine is missing in libvirt" }]);
  if (domain?.operation === "replace") {
    return change("replaced", [...reasonsOfReplacement(node, domain, newImage), ...growthOf(node)]);
  }
  if (domain?.operation === "update" && domain.differing.includes("running")) {
    return change("booted", [{ what: "its machine is off" }, ...growthOf(node)]);
  }
  if (node.steps.get(suffix.token)?.operation === "replace") {
    return change("rejoined", [{ what: "it is no member of the cluster on this machine" }]);
  }
  const updates = updatesOf(node);
  return updates.length === 0 ? undefined : change("updated", updates);
}

function reasonsOfReplacement(node: PlanNode, domain: Planned, newImage: string | undefined): readonly Reason[] {
  const { root } = node;
  const reasons = [
    ...imageReason(node, newImage),
    ...machineProperties.flatMap(([key, what, unit]) =>
      propertyReason(domain, key, what, (value) => `${text(value)}${unit}`),
    ),
    ...(root === undefined ? [] : propertyReason(root, "size", "root disk", gibibytes)),
    ...seedReason(node),
    ...macReason(domain),
    ...(root?.operation === "create" ? [{ what: "its root disk is missing in libvirt" }] : []),
  ];
  if (reasons.length > 0) return reasons;
  const [before, after] = [signatureOf(domain.before), signatureOf(domain.after)];
  // The form of the disks is the only part of a signature that no other property shows.
  const release = "this release defines machines in another form";
  return before !== after ? [{ what: release }] : [{ what: "a disk of the machine is replaced" }];
}

function imageReason({ root, steps }: PlanNode, newImage: string | undefined): readonly Reason[] {
  if (root === undefined || root.operation === "create") return [];
  const labelled = steps.get(suffix.ready)?.after;
  const before = imageOf(root.before);
  const after = imageOf(root.after) ?? labelOf(labelled) ?? (isUnknown(root.after.baseVolumeId) ? newImage : undefined);
  if (before === after) return [];
  return [{ what: "image", ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function imageOf({ baseVolumeId }: Inputs): string | undefined {
  return typeof baseVolumeId === "string" ? imageOfBaseVolume(baseVolumeId) : undefined;
}

/** Digest of the image in the label that a step gives its node. */
function labelOf(inputs: Inputs | undefined): string | undefined {
  return /"nodeforge\.local\/image":"([0-9a-f]+)"/.exec(String(inputs?.stdin))?.[1];
}

/** A seed disk of another content has another resource, and both have the digest in their names. */
function seedReason({ seeds }: PlanNode): readonly Reason[] {
  const digest = (operation: Planned["operation"]) =>
    seeds.find((seed) => seed.operation === operation)?.name.replace(/^.*-/, "");
  const [before, after] = [digest("delete"), digest("create")];
  if (after === undefined) return [];
  if (before === undefined) return [{ what: "its seed disk is missing in libvirt" }];
  return [{ what: "seed disk (host name, ssh login or static network)", before, after }];
}

function macReason({ before, after }: Planned): readonly Reason[] {
  const link = ({ networkInterfaces }: Inputs) => (networkInterfaces as readonly Inputs[] | undefined)?.[0] ?? {};
  return [["mac", "MAC address"] as const, ["networkName", "network"] as const].flatMap(([key, what]) =>
    propertyReason({ before: link(before), after: link(after) }, key, what, text),
  );
}

function propertyReason(
  { before, after }: Pick<Planned, "before" | "after">,
  key: string,
  what: string,
  words: (value: unknown) => string,
): readonly Reason[] {
  if (before[key] === after[key] || isUnknown(after[key])) return [];
  return [{ what, before: words(before[key]), after: words(after[key]) }];
}

/** A growth of the data disk. The command is created at the first growth, and stays in the state. */
function growthOf(node: PlanNode): readonly Reason[] {
  const operation = node.steps.get(suffix.growth)?.operation;
  if (operation !== "create" && operation !== "update") return [];
  const [before, after] = [dataDiskGiB(node, ({ before }) => before), dataDiskGiB(node, ({ after }) => after)];
  return before === undefined || after === undefined || before === after ? [] : [dataDiskReason(before, after)];
}

function updatesOf(node: PlanNode): readonly Reason[] {
  const { steps, domain, data } = node;
  const words = [...steps].flatMap(([end, { operation }]) =>
    operation === "same" || end === suffix.growth ? [] : [stepWords[end] ?? end],
  );
  return [
    ...growthOf(node),
    ...(domain?.operation === "update" ? [{ what: `its machine in libvirt: ${domain.differing.join(", ")}` }] : []),
    ...(data?.operation === "update" ? [{ what: "its data disk in libvirt" }] : []),
    ...words.map((what) => ({ what })),
  ];
}

function signatureOf({ description }: Inputs): string | undefined {
  return /machine ([0-9a-f]+)$/.exec(String(description))?.[1];
}

function text(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "(none)";
}

function gibibytes(bytes: unknown): string {
  return typeof bytes === "number" ? `${bytes / 2 ** 30} GiB` : "(none)";
}
