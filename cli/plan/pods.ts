import { anyObject, list, object, readJson, text } from "../../lib/outside.ts";

/** Pods and volumes of a node that a drain ends. Names are `namespace/name`. */
export interface EndedPods {
  readonly node: string;
  /** Number of pods that the drain evicts. Pods of DaemonSets are not evicted. */
  readonly evicted: number;
  /** Pods that no controller creates again. */
  readonly unmanaged: readonly string[];
  /** Pods whose emptyDir volumes are deleted. */
  readonly scratch: readonly string[];
  /** PersistentVolumes that only this node has. */
  readonly localVolumes: readonly string[];
}

interface Metadata {
  readonly namespace?: string;
  readonly name: string;
  readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
}

interface Pod {
  readonly metadata: Metadata;
  readonly spec: { readonly nodeName?: string; readonly volumes?: readonly { readonly emptyDir?: object }[] };
  readonly status?: { readonly phase?: string };
}

interface Volume {
  readonly metadata: Metadata;
  readonly spec: {
    readonly local?: object;
    readonly hostPath?: object;
    readonly nodeAffinity?: {
      readonly required?: {
        readonly nodeSelectorTerms?: readonly {
          readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
        }[];
      };
    };
  };
}

const fix = "run the command again, then npm run diagnose";
const metadata = object({ name: text }, { namespace: text, ownerReferences: list(object({ kind: text })) });
const podsShape = object({
  items: list(
    object(
      { metadata, spec: object({}, { nodeName: text, volumes: list(anyObject) }) },
      { status: object({}, { phase: text }) },
    ),
  ),
});
const terms = list(object({}, { matchExpressions: list(object({ key: text }, { values: list(text) })) }));
const affinity = object({}, { required: object({}, { nodeSelectorTerms: terms }) });
const volumesShape = object({ items: list(object({ metadata, spec: object({}, { nodeAffinity: affinity }) })) });

/**
 * Returns what a drain of nodes ends.
 * @param pods All pods, as `kubectl get pods -A -o json` prints them.
 * @param volumes All PersistentVolumes, as `kubectl get pv -o json` prints them.
 */
export function podsOn(nodes: readonly string[], pods: string, volumes: string): readonly EndedPods[] {
  const podsSource = { name: "kubectl's list of pods", fix };
  const { items: allPods } = readJson<{ readonly items: readonly Pod[] }>(pods, podsSource, podsShape);
  const volumesSource = { name: "kubectl's list of volumes", fix };
  const { items: allVolumes } = readJson<{ readonly items: readonly Volume[] }>(volumes, volumesSource, volumesShape);
  return nodes.map((node) => {
    const ended = allPods.filter((pod) => pod.spec.nodeName === node && isEvicted(pod));
    return {
      node,
      evicted: ended.length,
      unmanaged: ended.filter(({ metadata }) => controllerOf(metadata) === undefined).map(nameOf),
      scratch: ended.filter(({ spec }) => spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined)).map(nameOf),
      localVolumes: allVolumes.filter((volume) => isOnlyOn(volume, node)).map(nameOf),
    };
  });
}

/** Whether `kubectl drain` evicts a pod. It leaves those of DaemonSets, and static pods, whose controller is the Node. */
function isEvicted({ metadata, status }: Pod): boolean {
  const kind = controllerOf(metadata);
  return kind !== "DaemonSet" && kind !== "Node" && !["Succeeded", "Failed"].includes(status?.phase ?? "");
}

function controllerOf({ ownerReferences = [] }: Metadata): string | undefined {
  return ownerReferences.find(({ controller }) => controller === true)?.kind ?? ownerReferences[0]?.kind;
}

function isOnlyOn({ spec }: Volume, node: string): boolean {
  if (spec.local === undefined && spec.hostPath === undefined) return false;
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(
      ({ key, values = [] }) => key === "kubernetes.io/hostname" && values.length === 1 && values[0] === node,
    ),
  );
}

function nameOf({ metadata: { namespace, name } }: { readonly metadata: Metadata }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
