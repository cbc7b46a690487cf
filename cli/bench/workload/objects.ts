import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { parse } from "yaml";
import { reasonOf } from "../../../lib/outside.ts";
import { isRecord } from "../../../lib/record.ts";
import type { KubernetesObject } from "./operation.ts";
import { textOf, type Value } from "./template-functions.ts";
import { parseTemplate } from "./template.ts";

/** Makes the object with an index from 0. */
export type MakeObject = (index: number) => KubernetesObject;

/** Data of a template besides `.Index`. */
export interface TemplateData {
  readonly count: number;
  readonly parameters: Readonly<Record<string, Value>>;
}

/** Default pod of scheduler_perf (makeBasePod in its util.go). */
export const defaultPod: KubernetesObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { generateName: "pod-" },
  spec: {
    containers: [
      {
        name: "pause",
        image: "registry.k8s.io/pause:3.10.1",
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: "100m", memory: "500Mi" }, requests: { cpu: "100m", memory: "500Mi" } },
      },
    ],
  },
};

/** Default node of scheduler_perf (makeBaseNode in its util.go). */
export const defaultNode: KubernetesObject = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { generateName: "node-" },
  status: {
    capacity: { pods: "110", cpu: "4", memory: "32Gi" },
    allocatable: { pods: "110", cpu: "4", memory: "32Gi" },
    conditions: [{ type: "Ready", status: "True" }],
  },
};

/** Reads templates of objects, and remembers the text of every file. */
export class Templates {
  readonly #folder: string;
  readonly #texts = new Map<string, string>();

  /** @param folder Paths are relative to it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every file that was read, with its path relative to the folder. */
  get inputs(): readonly { readonly name: string; readonly text: string }[] {
    return [...this.#texts].map(([path, text]) => ({ name: relative(this.#folder, path), text }));
  }

  /** Returns the text of a file. @throws if it cannot be read. */
  text(path: string): string {
    const full = resolve(this.#folder, path);
    const text = this.#texts.get(full) ?? readFileSync(full, "utf8");
    this.#texts.set(full, text);
    return text;
  }

  /**
   * Returns a maker of the objects of a template file.
   * @param kind Kind of the objects. @default any kind
   * @throws if the file, its template or its object is wrong, as far as the first object shows.
   */
  file(path: string, data: TemplateData, kind?: string): MakeObject {
    const template = parseTemplate(this.text(path));
    const made = new Map<string, KubernetesObject>();
    const isConstant = !template.fields.has("Index");
    const make = (index: number) => {
      const text = template.render(valuesOf(data, index));
      // Many templates give few texts, and reading YAML takes longer than the rest.
      const known = made.get(text);
      if (known !== undefined) return known;
      const object = checked(parsed(text, path), kind, path);
      if (isConstant || made.size < mostKept) made.set(text, object);
      return object;
    };
    const first = isConstant ? make(0) : undefined;
    if (data.count > 0) make(data.count - 1);
    return (index) => structuredClone(first ?? make(index));
  }

  /** Returns a maker of objects of a mapping, whose texts may have template actions. @throws if one is wrong. */
  inline(raw: unknown, data: TemplateData, kind: string): MakeObject {
    const fill = filling(raw);
    const make = (index: number) => checked(fill(valuesOf(data, index)), kind, "the object");
    make(0);
    return make;
  }
}

/** Texts that stay in memory for a template with an index. */
const mostKept = 1000;

function valuesOf({ count, parameters }: TemplateData, index: number): Readonly<Record<string, Value>> {
  // A steady state continues beyond the count; upstream starts again at 0 then.
  return { ...parameters, Index: count > 0 ? index % count : index, Count: count };
}

function filling(raw: unknown): (values: Readonly<Record<string, Value>>) => unknown {
  if (typeof raw === "string" && raw.includes("{{")) return parseTemplate(raw).render;
  if (Array.isArray(raw)) {
    const items = raw.map(filling);
    return (values) => items.map((item) => item(values));
  }
  if (!isRecord(raw)) return () => raw;
  const entries = Object.entries(raw).map(([key, value]) => [key, filling(value)] as const);
  return (values) => Object.fromEntries(entries.map(([key, fill]) => [key, fill(values)]));
}

function parsed(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${path}: wanted YAML, got: ${reasonOf(error)}`, { cause: error });
  }
}

function checked(object: unknown, kind: string | undefined, path: string): KubernetesObject {
  if (!isRecord(object) || typeof object.apiVersion !== "string" || typeof object.kind !== "string") {
    throw new Error(`${path}: wanted an object with apiVersion and kind, got ${JSON.stringify(object) ?? "nothing"}`);
  }
  if (kind !== undefined && object.kind !== kind) throw new Error(`${path}: wanted a ${kind}, got a ${object.kind}`);
  const { metadata = {} } = object;
  if (!isRecord(metadata)) throw new Error(`${path}: metadata: wanted a mapping, got ${JSON.stringify(metadata)}`);
  return { ...object, metadata } as KubernetesObject;
}

/** Returns an object with other metadata. A field that is undefined is removed. */
export function withMetadata(object: KubernetesObject, metadata: Readonly<Record<string, unknown>>): KubernetesObject {
  const entries = Object.entries({ ...object.metadata, ...metadata }).filter(([, value]) => value !== undefined);
  return { ...object, metadata: Object.fromEntries(entries) };
}

/**
 * Returns a maker of objects with a fixed name in place of `generateName`, so that repetitions have the same names.
 * @param suffix Text that no other operation has.
 */
export function named(make: MakeObject, suffix: (index: number) => Value, namespace?: string): MakeObject {
  return (index) => {
    const object = make(index);
    const { name, generateName } = object.metadata;
    return withMetadata(object, {
      ...(typeof name === "string" ? {} : { name: `${stringOr(generateName)}${textOf(suffix(index))}` }),
      generateName: undefined,
      ...(namespace === undefined ? {} : { namespace }),
    });
  };
}

function stringOr(prefix: unknown): string {
  return typeof prefix === "string" ? prefix : "";
}
