/** Measures of one repetition by name, e.g. `throughput` in pods/s. A measure without a value is absent. */
export type Measures = Readonly<Record<string, number>>;

/** A measure's unit and direction. */
export interface MeasureKind {
  readonly name: string;
  /** Words for the report. */
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower" | "neither";
}

/** Limit of the throughput of a repetition, with the evidence in words. */
export interface Limit {
  readonly by: "scheduler" | "generator" | "client limit" | "API server" | "etcd" | "workload" | "unknown";
  readonly evidence: string;
}
