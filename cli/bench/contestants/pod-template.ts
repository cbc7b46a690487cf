import { isRecord } from "../../../lib/record.ts";
import type { KubernetesObject } from "../workload/operation.ts";

interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/** The part of an object that describes its pods. */
interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & { readonly containers?: readonly Container[] };
}

/** Returns the template of the pods of an object, which a Pod is itself; undefined where it makes none. */
export function podTemplateOf(object: KubernetesObject): PodTemplate | undefined {
  const spec = object["spec"];
  const template = object.kind === "Pod" ? object : isRecord(spec) ? spec.template : undefined;
  return isRecord(template) && isRecord(template.spec) ? (template as unknown as PodTemplate) : undefined;
}

/** Returns an object with changes of its pods; the object itself where it makes none. */
export function withPodTemplate(
  object: KubernetesObject,
  change: (template: PodTemplate) => PodTemplate,
): KubernetesObject {
  const template = podTemplateOf(object);
  if (template === undefined) return object;
  const changed = change(template);
  if (object.kind === "Pod") return changed as unknown as KubernetesObject;
  return { ...object, spec: { ...(object["spec"] as object), template: changed } };
}
