import type { UsageSample } from "../metrics/usage.ts";

/** Times of a measured pod, in milliseconds since the start of its repetition, on the generator's monotonic clock. */
export interface PodTimes {
  readonly name: string;
  readonly namespace: string;
  /** When the request to create it was sent. */
  readonly created: number;
  /** When the API server answered. */
  readonly acknowledged: number;
  /** When the watch showed its node; undefined where it has none. */
  readonly bound?: number;
  /** When the watch showed it Running. */
  readonly running?: number;
  readonly node?: string;
  /** When the watch showed its deletion before it was bound or Running: a victim of preemption, or churn. */
  readonly deleted?: number;
  readonly priority: number;
  /** Requests of the pod: cpu in cores, memory in bytes, extended resources in their unit. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Node that took part: allocatable resources as in {@link PodTimes.requests}, and its labels. */
export interface BenchNode {
  readonly name: string;
  readonly allocatable: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Text of one scrape of a component's /metrics. */
export interface Scrape {
  readonly component: "kube-scheduler" | "kube-apiserver" | "etcd" | "kube-controller-manager";
  readonly when: "before" | "after";
  readonly text: string;
}

/** Everything that one repetition of one scheduler measured. */
export interface Repetition {
  /** From 1, in the order they ran; warm-ups count. */
  readonly number: number;
  /** From 0. A block has every scheduler once. Block numbers below `warmups` are warm-ups. */
  readonly block: number;
  readonly scheduler: string;
  readonly warmup: boolean;
  /** Reason why it is void; absent where it counts. */
  readonly void?: string;
  /** Milliseconds of the measured window's start and end, on the clock of {@link PodTimes}. */
  readonly window: { readonly start: number; readonly end: number };
  /** The measured pods. */
  readonly pods: readonly PodTimes[];
  /** The other pods of the workload. They count only for the room that they take on the nodes. */
  readonly unmeasured: readonly PodTimes[];
  readonly nodes: readonly BenchNode[];
  readonly scrapes: readonly Scrape[];
  readonly usage: readonly UsageSample[];
  /** Seconds of wall time of the whole repetition, with preparation. */
  readonly seconds: number;
  /** End of the scheduler's journal. */
  readonly journal: string;
}
