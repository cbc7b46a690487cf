import { defaultDrainMinutes } from "../../config/timeouts.ts";
import { effectiveConfiguration } from "../runs/configuration.ts";
import { sumOf } from "./demand.ts";
import { desiredNodes, type DesiredNode, type NodeSettings } from "./desired-nodes.ts";
import { estimate, type TimedRun } from "./estimate.ts";
import { paceOf } from "./live-facts.ts";
import { drainedBy } from "./losses.ts";
import { dataDiskReason, type NodeChange, type Reason } from "./node-change.ts";
import type { Facts } from "./summary.ts";
import { describeValue, differencesOf } from "./value.ts";

/** Two versions of a stack's settings, and what else differs between them. */
export interface Revisions {
  readonly stack: string;
  /** Name of the earlier revision. */
  readonly base: string;
  /** Undefined where the earlier revision has no file for the stack. */
  readonly before: NodeSettings | undefined;
  readonly after: NodeSettings;
  /** Paths of the files of the checkout that differ. */
  readonly files: readonly string[];
  readonly runs: readonly TimedRun[];
}

/** Folders with the sources of the default image. */
const imageSources = /^(nix|image|guest|kubeadm|addons|tools)\//;

/** Folders with the program beside the image. */
const programSources = /^(index\.ts|names\.ts|topology\.ts|(components|config|cloud-init|lifecycle|preflight)\/)/;

/** Keys whose effect on nodes the comparison knows. */
const understood = [
  "clusterName|domainType|nodeDomain|sshUser|sshPublicKey|image|imageSha256|featureGates|controlPlaneArguments",
  "masterName|masterVcpus|masterMemoryMiB|masterDiskGiB|masterDataDiskGiB",
  "workers|workerNamePrefix|workerVcpus|workerMemoryMiB|workerDiskGiB|workerLabels|workerTaints|workerKubelet|workerPools",
  // These change no node.
  "previousImage|previousImageSha256|maxUnavailable|joinWaveSize|drainGraceSeconds|drainPolicy|\\w+TimeoutMinutes",
].map((keys) => new RegExp(`^(${keys})$`));

/**
 * Returns the facts that follow from two versions of the settings. Needs neither a hypervisor nor a state, and names all that it
 * cannot know.
 */
export function settingsFacts({ stack, base, before, after, files, runs }: Revisions): Facts {
  const [old, young] = [before === undefined ? [] : desiredNodes(before), desiredNodes(after)];
  const changes = nodeChanges(old, young);
  const { get, all } = after;
  const type = get("domainType") === "kvm" ? "kvm" : "qemu";
  const usesDefault = young.some(({ machine }) => machine.image === "the default image");
  return {
    stack,
    changes,
    changedResources: { why: "" },
    losses: {
      drained: drainedBy(changes),
      volumes: { why: "the names are in the state. Each removed or replaced machine loses its root disk." },
    },
    pods: { why: "a plan without the cluster does not know them." },
    estimate: estimate(changes, runs, paceOf(all, type)),
    drainMinutes: Number(get("drainTimeoutMinutes")) || defaultDrainMinutes[type],
    demand: { before: sumOf(old.map(({ size }) => size)), after: sumOf(young.map(({ size }) => size)) },
    capacity: { why: "This plan asks no hypervisor, so its free capacity is unknown." },
    diff: settingsDiff(before, after),
    unknown: [
      `Whether the cluster has the settings of ${base}. The plan compares two versions of the settings, and reads no state.`,
      "Whether libvirt has every machine, disk and network, and whether every machine runs.",
      ...unclearNotes(before, after),
      ...sourceNotes(files, usesDefault),
      ...(young.some(({ machine }) => /^[./]/.test(machine.image ?? ""))
        ? ["Whether the content of an image file has changed, because the settings have its path only."]
        : []),
    ],
  };
}

function nodeChanges(before: readonly DesiredNode[], after: readonly DesiredNode[]): readonly NodeChange[] {
  const earlier = new Map(before.map((node) => [node.name, node]));
  const kept = new Set(after.map(({ name }) => name));
  const removed = before.filter(({ name }) => !kept.has(name));
  return [
    ...after.flatMap((node): readonly NodeChange[] => {
      const old = earlier.get(node.name);
      const { name, role } = node;
      if (old === undefined) return [{ node: name, role, change: "added", reasons: [] }];
      const reasons = reasonsOf(old.machine, node.machine);
      const disk = old.dataDiskGiB === node.dataDiskGiB ? [] : [dataDiskReason(old.dataDiskGiB, node.dataDiskGiB)];
      if (reasons.length > 0) return [{ node: name, role, change: "replaced", reasons: [...reasons, ...disk] }];
      const steps = [...disk, ...reasonsOf(old.steps, node.steps).map(({ what }) => ({ what }))];
      return steps.length === 0 ? [] : [{ node: name, role, change: "updated", reasons: steps }];
    }),
    ...removed.map(({ name, role }): NodeChange => ({ node: name, role, change: "removed", reasons: [] })),
  ];
}

function reasonsOf(before: DesiredNode["machine"], after: DesiredNode["machine"]): readonly Reason[] {
  return Object.entries(after).flatMap(([what, value]) => {
    const old = before[what];
    return old === value ? [] : [{ what, after: value, ...(old === undefined ? {} : { before: old }) }];
  });
}

function settingsDiff(before: NodeSettings | undefined, after: NodeSettings): string {
  const old = before === undefined ? {} : effectiveConfiguration(before);
  return differencesOf(old, effectiveConfiguration(after))
    .flatMap(({ path, before, after }) => [
      ...(before === undefined ? [] : [`- ${path}: ${describeValue(before)}`]),
      ...(after === undefined ? [] : [`+ ${path}: ${describeValue(after)}`]),
    ])
    .join("\n");
}

/** Names the settings that differ and that the comparison does not know; none for a new stack. */
function unclearNotes(before: NodeSettings | undefined, after: NodeSettings): readonly string[] {
  if (before === undefined) return [];
  const keys = new Set(differencesOf(before.all, after.all).map(({ path }) => path.replace(/[.[].*$/, "")));
  const unclear = [...keys].filter((key) => !understood.some((known) => known.test(key)));
  return unclear.length === 0 ? [] : [`What these settings change on the nodes: ${unclear.join(", ")}.`];
}

function sourceNotes(files: readonly string[], usesDefault: boolean): readonly string[] {
  const of = (pattern: RegExp) => files.filter((file) => pattern.test(file)).length;
  const [image, program] = [of(imageSources), of(programSources)];
  return [
    ...(usesDefault && image > 0
      ? [
          `Whether the default image differs: ${image} of its sources may differ. Another image replaces every node that uses it.`,
        ]
      : []),
    ...(program > 0 ? [`Changes by the program itself: ${program} of its files differ.`] : []),
  ];
}
