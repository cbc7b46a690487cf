import type { KubernetesObject } from "../workload/operation.ts";

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** Pods that an operation is about. */
export interface PodSelection {
  /** None means all. */
  readonly namespaces: readonly string[];
  /** @default every pod */
  readonly labelSelector?: Labels;
}

/** Whether a selection has the pods of a namespace with these labels. */
export function isSelected(
  { namespaces, labelSelector = {} }: PodSelection,
  namespace: string,
  labels: Labels,
): boolean {
  const hasNamespace = namespaces.length === 0 || namespaces.includes(namespace);
  return hasNamespace && Object.entries(labelSelector).every(([key, value]) => labels[key] === value);
}

/** Returns the labels of an object. */
export function labelsOf({ metadata }: KubernetesObject): Labels {
  return (metadata as { readonly labels?: Labels }).labels ?? {};
}
