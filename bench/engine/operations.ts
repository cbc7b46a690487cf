import type { Calls } from "../../test/engine/world.ts";
import type { JournalChoice } from "../../cli/state-service/choice.ts";
import type { Measures } from "./measure.ts";
import { BenchStack, type StateSize } from "./stack.ts";

/** Operations of the benchmark in their order, with their descriptions. */
export const operations = {
  up: "first up",
  preview: "preview without a change",
  grow: "one worker more",
  shrink: "one worker less",
  roll: "plan of a roll",
  refresh: "refresh",
  destroy: "destroy",
} as const;

/** Name of an operation. */
export type Operation = keyof typeof operations;

/** Tools that the benchmark measures. */
export const tools = ["nodeforge", "opentofu"] as const;

/** Name of a tool. */
export type Tool = (typeof tools)[number];

/** Choices for the measurements of a size. */
export interface Plan {
  /** Operations in their order. */
  readonly operations: readonly Operation[];
  /** Wall seconds after which an operation is stopped. */
  readonly limit: number;
  /** Whether the program's state is kept in a journal. OpenTofu has none. */
  readonly journal: JournalChoice;
}

/** Result of an operation at a size. */
export interface Result extends Measures {
  readonly tool: Tool;
  readonly workers: number;
  readonly operation: Operation;
  /** The state after the operation; undefined when it did not end. */
  readonly state?: StateSize;
  /** Operations that reached a plugin; undefined for a tool without plugins. */
  readonly calls?: { readonly create: number; readonly update: number; readonly delete: number };
  /** Created resources that do not belong to the added worker. Only `grow` has them. */
  readonly foreign?: readonly string[];
}

/** Arguments of Pulumi for each operation. The benchmark asks for no preview before a change, as the CLI's `--yes` would. */
const argsOf: Readonly<Record<Operation, readonly string[]>> = {
  up: ["up", "--yes", "--skip-preview"],
  preview: ["preview"],
  grow: ["up", "--yes", "--skip-preview"],
  shrink: ["up", "--yes", "--skip-preview"],
  roll: ["preview"],
  refresh: ["refresh", "--yes", "--skip-preview"],
  destroy: ["destroy", "--yes", "--skip-preview"],
};

/**
 * Measures operations on a new stack of a number of workers. `up` comes first, because every other operation needs its stack.
 * An operation that fails or is stopped ends the measurement, because its state is another one than the next operation expects.
 * @param report Receives each result.
 */
export async function measureNodeforge(
  workers: number,
  { operations: chosen, limit, journal }: Plan,
  report: (result: Result) => void,
): Promise<void> {
  await using stack = await BenchStack.create(journal);
  let current = workers;
  for (const operation of chosen) {
    if (operation === "grow") current++;
    if (operation === "shrink") current--;
    if (operation === "destroy") await stack.unprotect();
    const isSecondImage = operation === "roll";
    const { calls, ...measures } = await stack.measure({
      args: argsOf[operation],
      workers: current,
      isSecondImage,
      limit,
    });
    const isDone = measures.outcome === "done";
    report({
      tool: "nodeforge",
      workers,
      operation,
      ...measures,
      ...(isDone ? { state: await stack.size() } : {}),
      calls: countsOf(calls),
      ...(operation === "grow" ? { foreign: foreignTo(`worker-node-${current}`, calls) } : {}),
    });
    if (!isDone) return;
  }
}

function countsOf(calls: Calls): NonNullable<Result["calls"]> {
  return {
    create: calls.of("create").length,
    update: calls.of("update").length,
    delete: calls.of("delete").length,
  };
}

/** Created resources that belong to something else than a worker. */
function foreignTo(worker: string, calls: Calls): readonly string[] {
  return calls.of("create").filter((resource) => !resource.split(" ").at(-1)!.startsWith(worker));
}
