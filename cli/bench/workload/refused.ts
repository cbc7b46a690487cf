/** Reasons for operations of scheduler_perf that a living cluster cannot run, by opcode. */
export const refusedOperations: Readonly<Record<string, string>> = {
  createResourceDriver: "it needs a driver for dynamic resources inside the test process",
  createResourceClaims: "it needs a driver for dynamic resources inside the test process",
  allocResourceClaims: "it allocates claims inside the test process, past the scheduler",
  createPodGroups: "pod groups need an alpha API that the cluster does not serve",
  updateAny:
    "its nodes must stay the same for all repetitions, and its templates lack what the load generator adds to a pod, such as " +
    "the selector of simulated nodes, which the API server accepts no change of",
  startCollectingProfile: "it profiles the test process, which does not exist here",
  stopCollectingProfile: "it profiles the test process, which does not exist here",
};

/** Reasons for fields of operations that a living cluster cannot honour, by name. */
export const refusedFields: Readonly<Record<string, string>> = {
  signatureBatchSize: "it configures the scheduler inside the test process",
};

/** Feature gates that only kube-scheduler reads (pkg/features/kube_features.go of Kubernetes 1.36). */
const ofScheduler: ReadonlySet<string> = new Set([
  "DRASchedulerFilterTimeout",
  "OpportunisticBatching",
  "SchedulerAsyncAPICalls",
  "SchedulerAsyncPreemption",
  "SchedulerPopFromBackoffQ",
]);

/** Feature gates that are locked to true since Kubernetes 1.35 (the same file). No program of the cluster takes another value. */
const locked: ReadonlySet<string> = new Set([
  "DynamicResourceAllocation",
  "InPlacePodVerticalScaling",
  "NodeInclusionPolicyInPodTopologySpread",
  "SchedulerQueueingHints",
]);

/** Name and value of a feature gate. */
export type FeatureGate = readonly [name: string, value: boolean];

/** Returns a sentence for each gate that a repetition cannot set, unless the gate has the value already. */
export function gateProblems(gates: readonly FeatureGate[]): readonly string[] {
  return gates.flatMap(([name, value]) => {
    const reason = reasonAgainst(name, value);
    return reason === undefined ? [] : [`${name}=${value} is refused: ${reason}`];
  });
}

function reasonAgainst(name: string, value: boolean): string | undefined {
  if (ofScheduler.has(name)) return undefined;
  if (!locked.has(name)) return "the API server must know it: it is a setting of the stack, not of a repetition";
  return value ? undefined : "Kubernetes has locked it to true; choose the workload that sets true";
}

/** Returns the gates that a scheduler must get. A locked one has its value already. A later gate wins over one of its name. */
export function schedulerGates(gates: readonly FeatureGate[]): Readonly<Record<string, boolean>> {
  return Object.fromEntries(gates.filter(([name]) => ofScheduler.has(name)));
}
