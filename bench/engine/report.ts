import { columns } from "../../lib/table.ts";
import { cpuOf, judge, type Verdict } from "./goals.ts";
import { growths, type Growth } from "./growth.ts";
import type { Surroundings } from "./machine.ts";
import { operations, tools, type Operation, type Result } from "./operations.ts";

/** Growth of the CPU time of an operation. */
interface OperationGrowth extends Growth {
  readonly tool: Result["tool"];
  readonly operation: Operation;
}

/** Results of a run, as its JSON file has them. report.schema.json describes them. */
export interface Report extends Surroundings {
  readonly results: readonly Result[];
  readonly growth: readonly OperationGrowth[];
  readonly goals: readonly Verdict[];
}

/** Composes the report of a run. */
export function reportOf(surroundings: Surroundings, results: readonly Result[]): Report {
  const growth = tools.flatMap((tool) =>
    (Object.keys(operations) as Operation[]).flatMap((operation) => {
      const done = results.filter(
        (result) => result.tool === tool && result.operation === operation && result.outcome === "done",
      );
      const points = done.map((result) => ({ workers: result.workers, cost: cpuOf(result) }));
      return growths(points).map((each) => ({ tool, operation, ...each }));
    }),
  );
  return { ...surroundings, results, growth, goals: judge(results) };
}

/** Lays a report out for a terminal. */
export function print({ date, commit, machine, journal, versions, results, growth, goals }: Report): string {
  const memory = `${(machine.memoryMiB / 1024).toFixed(0)} GiB`;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}, commit ${commit}, journal ${journal}`,
    `${machine.processor}, ${machine.processors} processors, ${memory}, Linux ${machine.kernel}`,
    used.join(", "),
    "",
    columns([head, ...results.map(row)]),
    "",
    "Growth of the CPU time (1 is linear, 2 is quadratic)",
    columns(
      growth.map(({ tool, operation, from, to, exponent }) => [
        tool,
        operations[operation],
        `${from} to ${to}`,
        exponent.toFixed(2),
      ]),
    ),
    "",
    "Goals",
    columns(goals.map(({ goal, verdict, detail }) => [verdict, goal, detail])),
  ].join("\n");
}

const head = [
  ...["tool", "workers", "operation", "CPU s", "CLI", "program", "plugins", "wall s"],
  ...["MiB", "CLI", "program", "state kB", "a worker", "writes", "MB written"],
];

/** Row of the table. A stopped operation has the limit instead of its figures, and a failed one its outcome. */
function row(result: Result): readonly string[] {
  const { tool, workers, operation, outcome, cpu, wall, memory, state, writes } = result;
  const first = [tool, String(workers), operations[operation]];
  if (outcome !== "done") return [...first, `${outcome} after ${wall.toFixed(0)} s`];
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  return [
    ...first,
    ...[cpuOf(result), cpu.cli, cpu.program, cpu.plugins, wall].map((seconds) => seconds.toFixed(1)),
    ...[memory.cli + memory.program, memory.cli, memory.program].map(mebibytes),
    ...(state === undefined ? ["", ""] : [state.bytes / 1000, state.bytes / 1000 / workers].map((kB) => kB.toFixed(1))),
    String(writes.count),
    (writes.bytes / 1e6).toFixed(1),
  ];
}
