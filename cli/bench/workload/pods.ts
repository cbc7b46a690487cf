import type { Fields } from "./fields.ts";
import type { Place } from "./nodes.ts";
import { defaultPod, named, type MakeObject } from "./objects.ts";
import type { Operation, PodBatch } from "./operation.ts";
import { readVolumes, withClaims } from "./volumes.ts";

/** The pods of a test case without an own template. */
export interface PodDefaults {
  readonly path: string | undefined;
  /** A pod as a mapping, for scenarios without files. */
  readonly inline: unknown;
}

/** Settings of a createPods operation. */
interface PodSettings {
  readonly count: number;
  readonly namespace: string | undefined;
  readonly collectMetrics: boolean;
  readonly skipWaitToCompletion: boolean;
  readonly steadyStateSeconds: number | undefined;
  /** Returns the pods of an operation with an index in a namespace. */
  readonly batch: (index: number, namespace: string) => PodBatch;
}

/** Reads the fields of a createPods operation but its opcode, with the rules of scheduler_perf's createPodsOp.isValid. */
export function readPods(fields: Fields, place: Place, defaults: PodDefaults): PodSettings {
  const count = fields.count("count");
  if (count === undefined) fields.problem("wanted count or countParam");
  const collectMetrics = fields.boolean("collectMetrics");
  const skipWaitToCompletion = fields.boolean("skipWaitToCompletion");
  const steadyState = fields.boolean("steadyState");
  const duration = fields.seconds("duration") ?? 0;
  if (collectMetrics && skipWaitToCompletion)
    fields.problem("collectMetrics and skipWaitToCompletion exclude each other");
  if (steadyState && skipWaitToCompletion) fields.problem("steadyState and skipWaitToCompletion exclude each other");
  if (steadyState && duration <= 0) fields.problem("steadyState: wanted a duration above 0");
  const namespace = fields.string("namespace");
  const volumes = readVolumes(fields, place.templates);
  // A replaced pod would need a new volume, which is no part of its scheduling.
  if (steadyState && volumes !== undefined)
    fields.problem("steadyState and persistentVolumeTemplatePath exclude each other");
  const template = readTemplate(fields, count ?? 0, place, defaults);
  const make = volumes === undefined ? template : withClaims(template);
  return {
    count: count ?? 0,
    namespace,
    collectMetrics,
    skipWaitToCompletion,
    steadyStateSeconds: steadyState ? duration : undefined,
    batch: (index, inNamespace) => ({
      count: count ?? 0,
      namespace: inNamespace,
      pod: named(make, (pod) => `${index}-${pod}`, inNamespace),
      ...(volumes === undefined ? {} : { volume: (pod) => volumes(pod, inNamespace) }),
    }),
  };
}

function readTemplate(fields: Fields, count: number, { templates }: Place, defaults: PodDefaults): MakeObject {
  const data = { count, parameters: fields.templateParameters() };
  const path = fields.string("podTemplatePath");
  const inline = fields.raw("podTemplate");
  if (path !== undefined && inline !== undefined) fields.problem("wanted podTemplate or podTemplatePath, got both");
  try {
    if (path !== undefined) return templates.file(path, data, "Pod");
    if (inline !== undefined) return templates.inline(inline, data, "Pod");
    if (defaults.path !== undefined) return templates.file(defaults.path, data, "Pod");
    if (defaults.inline !== undefined) return templates.inline(defaults.inline, data, "Pod");
  } catch (error) {
    fields.problem((error as Error).message);
  }
  return () => structuredClone(defaultPod);
}

/** Returns the createPods operation of settings. */
export function createPods(settings: PodSettings, index: number, namespace: string): Operation {
  const { collectMetrics, skipWaitToCompletion, steadyStateSeconds } = settings;
  return {
    opcode: "createPods",
    pods: settings.batch(index, namespace),
    collectMetrics,
    skipWaitToCompletion,
    ...(steadyStateSeconds === undefined ? {} : { steadyStateSeconds }),
  };
}
