/** A Kubernetes object as JSON. */
export type KubernetesObject = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** A volume and its claim, which one pod uses. */
export interface PodVolume {
  readonly volume: KubernetesObject;
  readonly claim: KubernetesObject;
}

/** Pods that an operation creates. */
export interface PodBatch {
  readonly count: number;
  /** Namespace; scheduler_perf counts unnamed ones as `namespace-N`. */
  readonly namespace: string;
  /** Returns a pod. @param index From 0. */
  readonly pod: (index: number) => KubernetesObject;
  /** Returns the volume of a pod, which is created before it; undefined for pods without volumes. */
  readonly volume?: (index: number) => PodVolume;
}

/** Volumes that each node may have, as its CSINode says. */
export interface VolumeLimits {
  /** Most volumes by name of the driver. */
  readonly drivers: Readonly<Record<string, number>>;
  /** Storage of Kubernetes itself that the drivers serve. */
  readonly migratedPlugins: readonly string[];
}

/** A step of a workload. Steps run one after the other. */
export type Operation =
  | {
      readonly opcode: "createNodes";
      readonly count: number;
      readonly node: (index: number) => KubernetesObject;
      readonly volumeLimits?: VolumeLimits;
    }
  | { readonly opcode: "createNamespaces"; readonly names: readonly string[] }
  | {
      readonly opcode: "createPods";
      readonly pods: PodBatch;
      readonly collectMetrics: boolean;
      readonly skipWaitToCompletion: boolean;
      /** Seconds in which each scheduled pod is deleted and another one is created. */
      readonly steadyStateSeconds?: number;
    }
  | { readonly opcode: "createPodSets"; readonly sets: readonly PodBatch[]; readonly collectMetrics: boolean }
  | {
      readonly opcode: "deletePods";
      readonly namespace: string;
      readonly labelSelector?: Readonly<Record<string, string>>;
      readonly perSecond?: number;
      readonly skipWaitToCompletion: boolean;
    }
  | {
      readonly opcode: "churn";
      readonly mode: "create" | "recreate";
      /** Objects that `recreate` keeps of each template. */
      readonly number: number;
      readonly intervalMilliseconds: number;
      readonly namespace: string;
      readonly templates: readonly ((index: number) => KubernetesObject)[];
    }
  | {
      readonly opcode: "barrier";
      readonly namespaces: readonly string[];
      readonly labelSelector?: Readonly<Record<string, string>>;
      readonly stage: "Scheduled" | "Attempted";
    }
  | { readonly opcode: "sleep"; readonly seconds: number }
  | { readonly opcode: "createAny"; readonly namespace?: string; readonly objects: readonly KubernetesObject[] }
  | {
      readonly opcode: "startCollectingMetrics";
      readonly name: string;
      readonly namespaces: readonly string[];
      readonly labelSelector?: Readonly<Record<string, string>>;
    }
  | { readonly opcode: "stopCollectingMetrics" }
  /** Pods at the times of a trace. */
  | {
      readonly opcode: "replay";
      readonly namespace: string;
      readonly events: readonly {
        /** Seconds since the start. */
        readonly at: number;
        readonly create?: KubernetesObject;
        /** Name of the pod to delete. */
        readonly remove?: string;
      }[];
    };

/** A workload whose templates and parameters are resolved. */
export interface Workload {
  /** E.g. `SchedulingBasic/500Nodes`. */
  readonly name: string;
  readonly operations: readonly Operation[];
  /** Every file that it was read from, with its text, for the record. */
  readonly inputs: readonly { readonly name: string; readonly text: string }[];
  /** Feature gates of the workload that every scheduler must get. */
  readonly featureGates: Readonly<Record<string, boolean>>;
}
