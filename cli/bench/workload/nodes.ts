import { isRecord } from "../../../lib/record.ts";
import type { Fields } from "./fields.ts";
import { defaultNode, named, withMetadata, type MakeObject, type TemplateData, type Templates } from "./objects.ts";
import type { KubernetesObject, VolumeLimits } from "./operation.ts";

/** Facts of the workload that an operation's templates need. */
export interface Place {
  /** Index of the operation, as scheduler_perf counts it: each set of createPodSets is one. */
  readonly index: number;
  readonly templates: Templates;
  /** Nodes that earlier operations create. */
  readonly nodesBefore: number;
}

type Change = (node: KubernetesObject, index: number) => KubernetesObject;

/** Nodes of an operation, and their limits of volumes if they have any. */
interface Nodes {
  readonly node: MakeObject;
  readonly volumeLimits?: VolumeLimits;
}

/**
 * Returns a maker of the nodes of a createNodes operation. A node is the template or the default, with name and hostname label.
 * It also has the strategy's labels or allocatable resources.
 */
export function readNodes(fields: Fields, data: TemplateData, place: Place): Nodes | undefined {
  const path = fields.string("nodeTemplatePath");
  const inline = fields.raw("nodeTemplate");
  const { change, volumeLimits } = readStrategy(fields);
  let template: MakeObject = () => withMetadata(structuredClone(defaultNode), { generateName: `node-${place.index}-` });
  try {
    if (path !== undefined) template = place.templates.file(path, data, "Node");
    else if (inline !== undefined) template = place.templates.inline(inline, data, "Node");
  } catch (error) {
    fields.problem((error as Error).message);
    return undefined;
  }
  const withName = named(template, (index) => place.nodesBefore + index);
  const make = (index: number) => {
    const node = withName(index);
    const labels = { ...asObject(node.metadata.labels), "kubernetes.io/hostname": node.metadata.name };
    return change(withMetadata(withAllocatable(node), { labels }), index);
  };
  return { node: make, ...(volumeLimits === undefined ? {} : { volumeLimits }) };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/** The API server gives a node without allocatable resources its capacity. A strategy needs them before. */
function withAllocatable(node: KubernetesObject): KubernetesObject {
  const { capacity, allocatable, ...status } = asObject(node.status);
  return { ...node, status: { ...status, capacity, allocatable: { ...asObject(capacity), ...asObject(allocatable) } } };
}

/** Reads the strategy of a createNodes operation. Of several, scheduler_perf takes the first of this order. */
function readStrategy(fields: Fields): { readonly change: Change; readonly volumeLimits: VolumeLimits | undefined } {
  const allocatable = fields.inside("nodeAllocatableStrategy");
  const label = fields.inside("labelNodePrepareStrategy");
  const unique = fields.inside("uniqueNodeLabelStrategy");
  const given = [allocatable, label, unique].filter((strategy) => strategy !== undefined);
  if (given.length > 1) fields.problem("wanted at most one strategy for nodes");
  const more = allocatable?.texts("nodeAllocatable");
  const volumeLimits = allocatable === undefined ? undefined : readVolumeLimits(allocatable);
  const key = label?.string("labelKey");
  const values = label?.strings("labelValues") ?? [];
  if (label !== undefined && (key === undefined || values.length === 0)) {
    label.problem("wanted a labelKey and at least one of labelValues");
  }
  const uniqueKey = unique?.string("labelKey");
  if (unique !== undefined && uniqueKey === undefined) unique.problem("wanted a labelKey");
  for (const strategy of given) strategy.end();
  const change: Change = (node, index) => {
    if (more !== undefined) {
      const status = asObject(node.status);
      return { ...node, status: { ...status, allocatable: { ...asObject(status.allocatable), ...more } } };
    }
    if (key !== undefined) return labelled(node, key, values[index % values.length]);
    // Upstream's value is a random UUID. The name is as unique, and the same in each repetition.
    if (uniqueKey !== undefined) return labelled(node, uniqueKey, node.metadata.name);
    return node;
  };
  return { change, volumeLimits };
}

function readVolumeLimits(allocatable: Fields): VolumeLimits | undefined {
  const drivers = allocatable.inside("csiNodeAllocatable");
  const migratedPlugins = allocatable.strings("migratedPlugins");
  if (drivers === undefined) {
    if (migratedPlugins.length > 0) allocatable.problem("migratedPlugins: wanted csiNodeAllocatable beside it");
    return undefined;
  }
  const counts = drivers.names.map((name) => {
    const driver = drivers.inside(name);
    const count = driver?.count("count");
    if (count === undefined) drivers.problem(`${name}: wanted a count`);
    driver?.end();
    return [name, count ?? 0];
  });
  return { drivers: Object.fromEntries(counts) as Readonly<Record<string, number>>, migratedPlugins };
}

function labelled(node: KubernetesObject, key: string, value: unknown): KubernetesObject {
  return withMetadata(node, { labels: { ...asObject(node.metadata.labels), [key]: value } });
}
