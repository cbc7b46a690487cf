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
