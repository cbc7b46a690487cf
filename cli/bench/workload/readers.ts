import type { Fields } from "./fields.ts";
import { readNodes, type Place } from "./nodes.ts";
import { named, withMetadata, type MakeObject, type TemplateData, type Templates } from "./objects.ts";
import type { KubernetesObject, Operation } from "./operation.ts";
import { createPods, readPods, type PodDefaults } from "./pods.ts";

/** Values that earlier operations have set. */
interface State extends Place {
  readonly namespaces: Set<string>;
  readonly defaults: PodDefaults;
}

/** Returns the operations of one entry of a workloadTemplate. It adds what is wrong to the problems of its fields. */
type Reader = (fields: Fields, state: State) => readonly Operation[];

/** Readers of operations by opcode. Their rules are those of the `isValid` functions in scheduler_perf's operations.go. */
export const readers: Readonly<Record<string, Reader>> = {
  createNodes(fields, state) {
    const data = countedData(fields);
    return [{ opcode: "createNodes", count: data.count, ...(readNodes(fields, data, state) ?? { node: placeholder }) }];
  },

  createNamespaces(fields, { namespaces, templates }) {
    const { count } = countedData(fields);
    const prefix = fields.string("prefix");
    if (prefix === undefined) fields.problem("wanted a prefix");
    const names = numbered(prefix ?? "", count);
    for (const name of names) namespaces.add(name);
    const make = readFile(fields, templates, fields.string("namespaceTemplatePath"), { count: 0, parameters: {} });
    if (make === undefined) return [{ opcode: "createNamespaces", names }];
    // Only an object carries the labels that pods select namespaces by.
    const objects = names.map((name, index) => withMetadata(make(index), { name, generateName: undefined }));
    return [
      { opcode: "createAny", objects: objects.map((object) => ({ ...object, apiVersion: "v1", kind: "Namespace" })) },
    ];
  },

  createPods(fields, state) {
    const settings = readPods(fields, state, state.defaults);
    const namespace = settings.namespace ?? `namespace-${state.index}`;
    state.namespaces.add(namespace);
    return [createPods(settings, state.index, namespace)];
  },

  createPodSets(fields, state) {
    const { count } = countedData(fields);
    const prefix = fields.string("namespacePrefix");
    if (prefix === undefined) fields.problem("wanted a namespacePrefix");
    const inner = fields.inside("createPodsOp");
    if (inner === undefined) {
      fields.problem("wanted createPodsOp");
      return [];
    }
    const opcode = inner.string("opcode");
    if (opcode !== undefined && opcode !== "createPods") inner.problem(`opcode: wanted createPods, got ${opcode}`);
    const settings = readPods(inner, state, state.defaults);
    inner.end();
    const names = numbered(prefix ?? "", count);
    for (const name of names) state.namespaces.add(name);
    const isPlain = !settings.skipWaitToCompletion && settings.steadyStateSeconds === undefined;
    if (!isPlain) return names.map((name, set) => createPods(settings, state.index + set, name));
    const sets = names.map((name, set) => settings.batch(state.index + set, name));
    return [{ opcode: "createPodSets", sets, collectMetrics: settings.collectMetrics }];
  },

  deletePods(fields) {
    const namespace = fields.string("namespace");
    if (namespace === undefined) fields.problem("wanted a namespace");
    const perSecond = fields.count("deletePodsPerSecond") ?? 0;
    return [
      {
        opcode: "deletePods",
        namespace: namespace ?? "",
        ...readSelector(fields),
        ...(perSecond === 0 ? {} : { perSecond }),
        skipWaitToCompletion: fields.boolean("skipWaitToCompletion"),
      },
    ];
  },

  churn(fields, { index, templates }) {
    const mode = fields.string("mode");
    const number = fields.count("number") ?? 0;
    if (mode !== "create" && mode !== "recreate")
      fields.problem(`mode: wanted create or recreate, got ${mode ?? "nothing"}`);
    if (mode === "recreate" && number === 0) fields.problem("number: wanted at least 1 for recreate");
    const paths = fields.strings("templatePaths");
    if (paths.length === 0) fields.problem("wanted at least one of templatePaths");
    const makers = paths.map((path) => readFile(fields, templates, path, { count: 0, parameters: {} }) ?? placeholder);
    return [
      {
        opcode: "churn",
        mode: mode === "create" ? "create" : "recreate",
        number,
        // scheduler_perf's default.
        intervalMilliseconds: fields.count("intervalMilliseconds") || 500,
        namespace: fields.string("namespace") ?? `namespace-${index}`,
        templates: makers.map((make) => named(make, (object) => `${index}-${object}`)),
      },
    ];
  },

  barrier(fields, state) {
    const namespaces = fields.strings("namespaces");
    for (const name of namespaces.filter((one) => !state.namespaces.has(one))) {
      fields.problem(`namespaces: no operation before creates ${name}`);
    }
    const stage = fields.string("stageRequirement") ?? "Scheduled";
    if (stage !== "Scheduled" && stage !== "Attempted") {
      fields.problem(`stageRequirement: wanted Scheduled or Attempted, got ${stage}`);
    }
    const selector = readSelector(fields);
    return [{ opcode: "barrier", namespaces, ...selector, stage: stage === "Attempted" ? stage : "Scheduled" }];
  },

  sleep(fields) {
    const seconds = fields.seconds("duration");
    if (seconds === undefined) fields.problem("wanted duration or durationParam");
    return [{ opcode: "sleep", seconds: seconds ?? 0 }];
  },

  createAny(fields, { index, templates, namespaces }) {
    const count = fields.count("count") ?? 1;
    const namespace = fields.string("namespace");
    if (namespace !== undefined) namespaces.add(namespace);
    const path = fields.string("templatePath");
    if (path === undefined) fields.problem("wanted a templatePath");
    const make = readFile(fields, templates, path, { count, parameters: fields.templateParameters() });
    const withName = named(make ?? placeholder, (object) => `${index}-${object}`, namespace);
    const objects = Array.from({ length: count }, (_, object) => withName(object));
    return [{ opcode: "createAny", ...(namespace === undefined ? {} : { namespace }), objects }];
  },

  startCollectingMetrics(fields) {
    const namespaces = fields.strings("namespaces");
    if (namespaces.length === 0) fields.problem("wanted at least one of namespaces");
    const name = fields.string("name") ?? "";
    return [{ opcode: "startCollectingMetrics", name, namespaces, ...readSelector(fields) }];
  },

  stopCollectingMetrics: () => [{ opcode: "stopCollectingMetrics" }],
};

/** Stands for an object whose template is wrong; the workload is then refused. */
const placeholder: MakeObject = (): KubernetesObject => ({ apiVersion: "v1", kind: "List", metadata: {} });

function countedData(fields: Fields): TemplateData {
  const count = fields.count("count");
  if (count === undefined) fields.problem("wanted count or countParam");
  return { count: count ?? 0, parameters: fields.templateParameters() };
}

function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

function readSelector(fields: Fields): { readonly labelSelector?: Readonly<Record<string, string>> } {
  const labelSelector = fields.texts("labelSelector");
  return labelSelector === undefined ? {} : { labelSelector };
}

function readFile(
  fields: Fields,
  templates: Templates,
  path: string | undefined,
  data: TemplateData,
): MakeObject | undefined {
  if (path === undefined) return undefined;
  try {
    return templates.file(path, data);
  } catch (error) {
    fields.problem((error as Error).message);
    return undefined;
  }
}
