import type { KubernetesObject } from "../workload/operation.ts";

/** A scheduler that is ready to run. It runs on the control plane, unless it has `local` or `manifests`. */
export interface Contestant {
  readonly name: string;
  /** KubeSchedulerConfiguration as JSON, with the common client limits. */
  readonly configuration: string;
  /** Absolute path of its program on this machine; undefined for the shipped kube-scheduler. */
  readonly binary?: string;
  /** SHA-256 of its program; undefined for the shipped one. */
  readonly binarySha256?: string;
  /** Output of `go version -m`, where the program has any. */
  readonly modules?: string;
  /** Further arguments: verbosity and feature gates. */
  readonly arguments: readonly string[];
  /** Value of `schedulerName` of the workload's pods. @default what the workload says */
  readonly schedulerName?: string;
  readonly local?: LocalProgram;
  readonly manifests?: ManifestSet;
}

/** A scheduler that is a process of this machine. */
export interface LocalProgram {
  /** Absolute path, or the name of a program of PATH. */
  readonly command: string;
  /** With the placeholders `{kubeconfig}`, `{config}`, `{qps}` and `{burst}`. */
  readonly args: readonly string[];
  /** Value of each placeholder that is known before the start. */
  readonly limits: { readonly qps: number; readonly burst: number };
  /** URL that serves /healthz and /metrics. */
  readonly url?: string;
}

/** A scheduler that is a set of objects in the cluster. */
export interface ManifestSet {
  readonly namespace: string;
  /** In the order of creation. Those with pods run on the control plane. */
  readonly objects: readonly KubernetesObject[];
  /** Archives of images for containerd, with their SHA-256. */
  readonly images: readonly { readonly file: string; readonly sha256: string }[];
  /** URL that serves /metrics; `{pod}` stands for the address of its first pod. */
  readonly url?: string;
  /** Texts of the manifests for the record, by the file's name. */
  readonly texts: readonly { readonly name: string; readonly text: string }[];
  /** Whether its client has the common limits, as far as a KubeSchedulerConfiguration in a ConfigMap shows. */
  readonly hasCommonLimits: boolean;
}
