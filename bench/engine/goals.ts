import { growth, type Growth } from "./growth.ts";
import { operations, type Operation, type Result } from "./operations.ts";

/** A goal and whether the results meet it. */
export interface Verdict {
  readonly goal: string;
  readonly verdict: "met" | "missed" | "not measured";
  /** The figures that decide, or the missing measurement. */
  readonly detail: string;
}

/** Goals of the benchmark. */
const limits = {
  /** Growth of the CPU time of each operation, between these sizes. */
  exponent: 1.1,
  small: 100,
  medium: 1000,
  /** CPU seconds and bytes of the CLI and the program at this size. */
  large: 3000,
  cpu: 15 * 60,
  memory: 6 * 2 ** 30,
} as const;

/** CPU seconds of an operation without the plugins, which stand for a hypervisor. */
export function cpuOf({ cpu }: Result): number {
  return cpu.cli + cpu.program;
}

/** Judges the results of the program. */
export function judge(results: readonly Result[]): readonly Verdict[] {
  const own = results.filter(({ tool }) => tool === "nodeforge");
  const at = (workers: number, operation: Operation) =>
    own.find((result) => result.workers === workers && result.operation === operation);
  return [
    ...(Object.keys(operations) as Operation[]).map((operation) =>
      judgeGrowth(operation, at(limits.small, operation), at(limits.medium, operation)),
    ),
    judgeLarge(at(limits.large, "up")),
    judgeGrow(at(limits.medium, "grow")),
  ];
}

function judgeGrowth(operation: Operation, small: Result | undefined, medium: Result | undefined): Verdict {
  const goal = `${operations[operation]}: exponent at most ${limits.exponent} from ${limits.small} to ${limits.medium} workers`;
  const missing = [small, medium].find((result) => result?.outcome !== "done");
  if (small?.outcome !== "done" || medium?.outcome !== "done") return unfinished(goal, missing);
  const [one, other] = [small, medium].map((result) => ({ workers: result.workers, cost: cpuOf(result) }));
  const { exponent }: Growth = growth(one!, other!);
  return { goal, verdict: verdictOf(exponent <= limits.exponent), detail: exponent.toFixed(2) };
}

function judgeLarge(result: Result | undefined): Verdict {
  const goal = `first up of ${limits.large} workers: at most ${limits.cpu} CPU seconds and ${limits.memory / 2 ** 30} GiB`;
  if (result?.outcome !== "done") return unfinished(goal, result);
  const [cpu, memory] = [cpuOf(result), result.memory.cli + result.memory.program];
  const detail = `${cpu.toFixed(0)} s, ${(memory / 2 ** 30).toFixed(1)} GiB`;
  return { goal, verdict: verdictOf(cpu <= limits.cpu && memory <= limits.memory), detail };
}

function judgeGrow(result: Result | undefined): Verdict {
  const goal = `one worker more at ${limits.medium}: creates only its own resources`;
  if (result?.outcome !== "done" || result.foreign === undefined) return unfinished(goal, result);
  const { calls, foreign } = result;
  const created = `${calls?.create ?? 0} created`;
  return {
    goal,
    verdict: verdictOf(foreign.length === 0 && (calls?.create ?? 0) > 0 && calls?.delete === 0),
    detail: foreign.length === 0 ? created : `${created}, ${foreign.length} of them not its own: ${foreign.join(", ")}`,
  };
}

function verdictOf(isMet: boolean): Verdict["verdict"] {
  return isMet ? "met" : "missed";
}

/** Verdict without figures. An operation that was stopped or failed misses its goal. */
function unfinished(goal: string, result: Result | undefined): Verdict {
  if (result === undefined || result.outcome === "done")
    return { goal, verdict: "not measured", detail: "a size is missing" };
  return { goal, verdict: "missed", detail: `${result.outcome} at ${result.workers} workers` };
}
