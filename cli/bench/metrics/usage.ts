/**
 * Time of an observation: an edge of the measured window, or between them. Metrics are read at the edges only, and outside of the
 * window: before the usage at its start, after the usage at its end. Their cost is then in no measure.
 */
export type ObservedAt = "start" | "between" | "end";

/** Usage of the control plane's programs until one time, from their cgroups. */
export interface UsageSample {
  /** Milliseconds on the clock of the repetition. */
  readonly at: number;
  /** CPU seconds since the unit's start, by component, e.g. `kube-scheduler`. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  /** Peak memory in bytes since the unit's start, by component. */
  readonly memoryPeak: Readonly<Record<string, number>>;
  /** Share of the machine's processor time that the hypervisor took since the last sample, 0 to 1. */
  readonly steal: number;
}
