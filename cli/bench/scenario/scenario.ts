/** Source of a scenario's workload. */
export type WorkloadSource =
  | {
      readonly from: "scheduler_perf";
      /** Path of a `performance-config.yaml`, relative to the scenario's folder. */
      readonly file: string;
      /** Test case and workload, e.g. `SchedulingBasic/500Nodes`. */
      readonly name: string;
      /** Values that replace parameters of the workload. @default none */
      readonly params: Readonly<Record<string, number>>;
    }
  | {
      readonly from: "inline";
      /** A test case in scheduler_perf's format with one workload, as parsed from YAML. */
      readonly testCase: unknown;
      readonly params: Readonly<Record<string, number>>;
    }
  | {
      readonly from: "openb";
      /** Path of a CSV file of pods in the format of the openb trace, relative to the scenario's folder. */
      readonly pods: string;
      /** Seconds of the trace that pass in one second. */
      readonly speed: number;
      /** Number of simulated nodes. */
      readonly nodes: number;
    };

/** A scheduler as a scenario describes it. */
export interface SchedulerSource {
  readonly name: string;
  /** Path of a KubeSchedulerConfiguration, relative to the scenario's folder. @default the shipped scheduler's defaults */
  readonly configuration?: string;
  /**
   * Static program for the control plane: a path relative to the scenario's folder, or a URL of http or https.
   * @default the shipped kube-scheduler
   */
  readonly binary?: string;
  /** Expected SHA-256 of {@link binary}, in hex. A URL needs it. */
  readonly sha256?: string;
  /** A process of the operator's machine instead of one on the control plane. */
  readonly local?: LocalSource;
  /** Objects of the cluster instead of a program on the control plane. */
  readonly manifests?: ManifestSource;
  /** Value of `schedulerName` of the workload's pods. @default what the workload says; `manifests`: the name that they have */
  readonly schedulerName?: string;
}

/** A scheduler on the operator's machine. */
export interface LocalSource {
  /** Path relative to the scenario's folder where it has a slash, else the name of a program of PATH. */
  readonly command: string;
  /** `{kubeconfig}`, `{config}`, `{qps}` and `{burst}` are replaced. */
  readonly args: readonly string[];
  /** URL that serves /healthz and /metrics. @default it has neither */
  readonly url?: string;
}

/** A scheduler as Kubernetes manifests. */
export interface ManifestSource {
  /** Paths of YAML files, relative to the scenario's folder. */
  readonly files: readonly string[];
  /** Paths of tar files of images. */
  readonly images: readonly string[];
  /** Namespace of its own. @default nodeforge-bench-NAME */
  readonly namespace?: string;
  /** URL that serves /metrics, in which `{pod}` is the pod's address. @default it serves none */
  readonly url?: string;
}

/** Client limits, log level and feature gates that every scheduler of a scenario gets. */
export interface CommonSettings {
  readonly qps: number;
  readonly burst: number;
  readonly verbosity: number;
  readonly featureGates: Readonly<Record<string, boolean>>;
}

/** A limit whose violation fails the command. */
export interface Threshold {
  readonly scheduler: string;
  readonly metric: string;
  /** The median must not be below this. */
  readonly atLeast?: number;
  /** The median must not be above this. */
  readonly atMost?: number;
  /** The ratio to the baseline must not be below this. */
  readonly ratioAtLeast?: number;
}

/** When the pods of the measured operations are created. */
export type Arrival = "backlog" | "burst" | { readonly rate: number };

/** Source of the times at which the measured pods are created: the arrival of the scenario, or a trace. */
export type Pace = Arrival | "trace";

/** A benchmark of schedulers: one workload, several schedulers, and how often. */
export interface Scenario {
  /** File name without its ending. */
  readonly name: string;
  readonly description: string;
  readonly workload: WorkloadSource;
  readonly nodes: {
    /** Whether real workers take pods beside simulated nodes, or are the only ones that do. */
    readonly real: "exclude" | "only";
    /** `bind`: a pod is done when it has a node. `run`: it is done when it is Running. */
    readonly pods: "bind" | "run";
  };
  readonly arrival: Arrival;
  readonly schedulers: readonly SchedulerSource[];
  readonly common: CommonSettings;
  readonly repetitions: number;
  readonly warmups: number;
  readonly order: "interleaved" | "sequential";
  readonly seed: number;
  /** Minutes after which a repetition is void. */
  readonly repetitionMinutes: number;
  readonly compare: { readonly baseline: string; readonly metrics: readonly string[]; readonly equivalence: number };
  readonly thresholds: readonly Threshold[];
  /** The complete document, after `--set`, as it goes into the record. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Returns the pace of a scenario. A trace has its own times, whatever the arrival is. */
export function paceOf({ workload, arrival }: Pick<Scenario, "workload" | "arrival">): Pace {
  return workload.from === "openb" ? "trace" : arrival;
}
