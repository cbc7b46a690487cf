import { simulatedTaint } from "../../../config/simulated-nodes.ts";
import { simulatedLabel } from "../../../names.ts";
import { withPodTemplate } from "../contestants/pod-template.ts";
import type { KubernetesObject, PodVolume } from "../workload/operation.ts";
import { benchPool } from "./bench-nodes.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { benchLabel, createNamespace } from "./clean-up.ts";
import { labelsOf } from "./pod-selection.ts";
import { collectionOf } from "./resource-path.ts";
import type { Stage } from "./stage.ts";

/** Value of {@link simulatedLabel} on the nodes of a churn. */
const churnPool = "churn";

type Surroundings = Pick<Stage, "connection" | "isConfined" | "schedulerName">;

/** Creates the objects of one run of a workload, with the benchmark's label. */
export class WorkloadObjects {
  readonly #stage: Surroundings;
  readonly #namespaces = new Set<string>();
  readonly #priorityClasses = new Map<string, Promise<void>>();
  #objects = 0;

  constructor(stage: Surroundings) {
    this.#stage = stage;
  }

  /**
   * Creates an object of the workload in a namespace of the benchmark.
   * @returns its path.
   * @throws when the object's namespace is not the benchmark's, which could not be cleaned.
   */
  async create(object: KubernetesObject, namespace: string, fallback?: string): Promise<string> {
    const named = withName(object, fallback ?? `object-${this.#objects++}`);
    if (named.kind === "Namespace") {
      await this.ensureNamespace(nameOf(named), named.metadata);
      return `/api/v1/namespaces/${nameOf(named)}`;
    }
    const ready =
      named.kind === "Pod" ? this.podOf(named, fallback ?? "pod") : this.#forScheduler(labelled(asSimulated(named)));
    const collection = collectionOf(ready, namespace);
    const own = /\/namespaces\/([^/]+)\//.exec(collection)?.[1];
    if (own !== undefined) await this.ensureNamespace(own);
    const sent = ready.kind === "Pod" ? await this.withPriorityClass(ready) : ready;
    await this.#stage.connection.send("POST", collection, sent);
    return `${collection}/${nameOf(named)}`;
  }

  /** Creates a namespace unless it exists. */
  async ensureNamespace(name: string, metadata: KubernetesObject["metadata"] = {}): Promise<void> {
    if (this.#namespaces.has(name)) return;
    await createNamespace(this.#stage.connection, name, metadata);
    this.#namespaces.add(name);
  }

  /** Creates a volume and its claim in an existing namespace, bound to each other. */
  async createVolume({ volume, claim }: PodVolume): Promise<void> {
    await createBoundVolume(this.#stage.connection, { volume: labelled(volume), claim: labelled(claim) });
  }

  /** An API server refuses a bare priority, which scheduler_perf's own server accepts, so a class of this value stands for it. */
  async withPriorityClass(pod: KubernetesObject): Promise<KubernetesObject> {
    const { priority, ...spec } = pod.spec as { readonly priority?: number; readonly priorityClassName?: string };
    if (priority === undefined || spec.priorityClassName !== undefined) return pod;
    const name = `nodeforge-bench-${priority < 0 ? "minus-" : ""}${Math.abs(priority)}`;
    const apiVersion = "scheduling.k8s.io/v1";
    const object = labelled({ apiVersion, kind: "PriorityClass", metadata: { name }, value: priority });
    const create = async () => {
      await this.#stage.connection.send("POST", collectionOf(object, ""), object);
    };
    let created = this.#priorityClasses.get(name);
    if (created === undefined) this.#priorityClasses.set(name, (created = create()));
    await created;
    return { ...pod, spec: { ...spec, priorityClassName: name } };
  }

  /** A pod of the workload, for the nodes that the scenario chooses. */
  podOf(object: KubernetesObject, fallback: string): KubernetesObject {
    const named = this.#forScheduler(labelled(withName(object, fallback)));
    if (!this.#stage.isConfined) return named;
    const spec = named.spec as { readonly tolerations?: readonly object[]; readonly nodeSelector?: object };
    const { effect, key } = simulatedTaint;
    const toleration = { key, operator: "Exists", effect };
    return {
      ...named,
      spec: {
        ...spec,
        tolerations: [...(spec.tolerations ?? []), toleration],
        nodeSelector: { ...spec.nodeSelector, [simulatedLabel]: benchPool },
      },
    };
  }
  /** Pods of a scheduler with a name of its own have that name, also those of a controller. */
  #forScheduler(object: KubernetesObject): KubernetesObject {
    const { schedulerName } = this.#stage;
    if (schedulerName === undefined) return object;
    return withPodTemplate(object, (template) => ({ ...template, spec: { ...template.spec, schedulerName } }));
  }
}

function withName(object: KubernetesObject, fallback: string): KubernetesObject {
  const { name = fallback } = object.metadata as { readonly name?: string };
  // JSON leaves an undefined field out. A generated name would differ between repetitions.
  return { ...object, metadata: { ...object.metadata, name, generateName: undefined } };
}

/**
 * A Node of a churn gets the taint and the label of simulated nodes, so that no other pod of the cluster lands there. A DaemonSet such
 * as the smoke check tolerates every taint, and leaves out nodes with the label. The label's value keeps the benchmark's pods away.
 */
function asSimulated(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "Node") return object;
  const spec = (object.spec ?? {}) as { readonly taints?: readonly object[] };
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...labelsOf(object), [simulatedLabel]: churnPool } },
    spec: { ...spec, taints: [simulatedTaint, ...(spec.taints ?? [])] },
  };
}

function nameOf({ metadata }: KubernetesObject): string {
  return String((metadata as { readonly name?: unknown }).name);
}

function labelled(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...labelsOf(object), [benchLabel]: "true" } } };
}
