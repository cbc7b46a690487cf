import { createHash } from "node:crypto";
import { columns } from "../../lib/table.ts";
import {
  differences,
  inspect,
  lives,
  observeOperations,
  textOf,
  type Operation,
  type OperationName,
  type Point,
} from "./crash-matrix-operations.ts";
import { describe, killAll, processesIn, survivorsIn, victimsIn, type Victim } from "./crash-matrix-processes.ts";
import type { TestStack } from "./stack.ts";
import type { Call } from "./world.ts";

/** Where a stack keeps its state. */
export type Backend = "file" | "journal";

/** Victims on each backend. In the file backend, the Pulumi CLI is the first process of the command. */
export const victims: Readonly<Record<Backend, readonly Victim[]>> = {
  file: ["command", "program"],
  journal: ["command", "pulumi", "program", "service"],
};

/** A point, and the kill there. */
export interface Crash {
  readonly backend: Backend;
  readonly operation: OperationName;
  readonly victim: Victim;
  readonly point: Point;
}

/**
 * Milliseconds for a run to end after the kill of one of its processes. Without its service, Pulumi repeats each request for
 * 7 s, and makes several.
 */
const endLimit = 60_000;

/** Milliseconds for the other processes of a killed run to end. */
const restLimit = 30_000;

/** Kills operations of one stack at their calls, and completes them. Counts what it tries. */
export class CrashMatrix {
  readonly #stack: TestStack;
  readonly #operations: readonly Operation[];
  /** Results by backend, operation and victim. */
  readonly #counts = new Map<string, { tried: number; survived: number }>();

  private constructor(stack: TestStack, operations: readonly Operation[]) {
    this.#stack = stack;
    this.#operations = operations;
  }

  /** Runs every operation once, undisturbed, on an empty stack. */
  static async observe(stack: TestStack): Promise<CrashMatrix> {
    return new CrashMatrix(stack, await observeOperations(stack));
  }

  /** Every crash of an operation on one backend, in the order of the calls. */
  crashes(backend: Backend, operation: OperationName, victim: Victim): readonly Crash[] {
    const points = this.#named(operation).points.filter((point) => lives(victim, point));
    return points.map((point) => ({ backend, operation, victim, point }));
  }

  /**
   * One crash for each victim on each backend. The operations take turns, so each one has a crash.
   * @param seed Number that alone decides the choice.
   */
  sample(seed: number): readonly Crash[] {
    const turns = firstByHash(this.#operations, seed, ({ name }) => name).map(({ name }) => name);
    const chosen: Crash[] = [];
    for (const backend of ["file", "journal"] as const) {
      for (const victim of victims[backend]) {
        // `destroy` starts no program.
        const operation = turns.find((turn) => this.crashes(backend, turn, victim).length > 0)!;
        turns.push(...turns.splice(turns.indexOf(operation), 1));
        chosen.push(firstByHash(this.crashes(backend, operation, victim), seed, nameOf)[0]!);
      }
    }
    return chosen;
  }

  /** Makes a crash and completes the operation. @returns what differs from an undisturbed run; nothing when it survived. */
  async crash(crash: Crash): Promise<readonly string[]> {
    const problems = await this.#problemsOf(crash).catch((error: unknown) => [(error as Error).message]);
    // A failed crash must not disturb the next one.
    await killAll(processesIn(this.#stack.folder));
    const count = this.#countOf(crash);
    count.tried++;
    if (problems.length === 0) count.survived++;
    return problems.map((problem) => `${nameOf(crash)}: ${problem}`);
  }

  /** Points, and crashes tried and survived, as a table. */
  table(): string {
    const rows = [...this.#counts].map(([key, { tried, survived }]) => {
      const [backend, operation, victim] = key.split(" ") as [Backend, OperationName, Victim];
      const points = this.crashes(backend, operation, victim).length;
      return [backend, operation, victim, ...[points, tried, survived].map(String)];
    });
    return columns([["BACKEND", "OPERATION", "VICTIM", "POINTS", "TRIED", "SURVIVED"], ...rows]);
  }

  async #problemsOf({ backend, operation, victim, point }: Crash): Promise<readonly string[]> {
    const stack = this.#stack;
    const { restore, run, repeat, end } = this.#named(operation);
    await restore();
    stack.cli.journal = backend === "journal";
    const strike = planStrike(stack, victim, point);
    const killed = await run().finally(() => strike.over());
    if (!strike.hit) return [`the run did not reach it:\n${killed.text}`];
    if (strike.late) return [`the run did not end within ${endLimit / 1000} s after the kill:\n${killed.text}`];
    if (killed.succeeded) return ["the killed run reported success"];
    const rest = await survivorsIn(stack.folder, restLimit);
    if (rest.length > 0) return [`processes of the killed run live on: ${describe(rest)}`];
    await stack.world.settled();

    const { succeeded, text } = await repeat();
    if (!succeeded) return [`the next command failed:\n${text}`];
    const found = await inspect(stack);
    const problems = [...differences(end, found.end), ...found.problems];
    return problems.length > 0 ? [...problems, text] : this.#leftToDo(operation);
  }

  /** Work that the same command would still do. */
  async #leftToDo(operation: OperationName): Promise<readonly string[]> {
    const { repeat } = this.#named(operation);
    if (operation === "destroy") return (await repeat()).calls.list.map((call) => `another destroy did ${call}`);
    return (await this.#stack.preview()).steps.map(({ op, urn }) => `another up would ${op} ${urn}`);
  }

  #named(name: OperationName): Operation {
    return this.#operations.find((operation) => operation.name === name)!;
  }

  #countOf({ backend, operation, victim }: Crash): { tried: number; survived: number } {
    const key = [backend, operation, victim].join(" ");
    const count = this.#counts.get(key) ?? { tried: 0, survived: 0 };
    this.#counts.set(key, count);
    return count;
  }
}

/** Name of a crash for a reader. */
function nameOf({ backend, operation, victim, point: { call, nth, moment } }: Crash): string {
  return `${backend} backend, ${operation}, ${victim} killed ${moment} ${call}${nth > 1 ? ` (number ${nth})` : ""}`;
}

/** A kill at a point of the next run. */
interface Strike {
  /** Whether the run has reached the point. */
  hit: boolean;
  /** Whether the run did not end after the kill. */
  late: boolean;
  /** Ends the strike with the run. */
  readonly over: () => void;
}

/** Plans a kill at a point of the next run. */
function planStrike(stack: TestStack, victim: Victim, { call: text, nth, moment }: Point): Strike {
  let seen = 0;
  let timer: NodeJS.Timeout | undefined;
  const over = () => {
    clearTimeout(timer);
    stack.world.calm();
  };
  const strike: Strike = { hit: false, late: false, over };
  stack.world.on(moment, /./, async (call: Call) => {
    if (textOf(call) !== text || ++seen !== nth) return;
    strike.hit = true;
    timer = setTimeout(() => {
      strike.late = true;
      // A process that does not end now is reported at the end of the crash.
      killAll(processesIn(stack.folder)).catch(() => undefined);
    }, endLimit);
    await killAll(victimsIn(stack.folder, victim));
    // Pulumi's plugins end with it, so an operation that had no effect yet has none. The others still have a Pulumi.
    if (moment === "before" && (victim === "command" || victim === "pulumi")) throw new Error("killed");
  });
  return strike;
}

/** Items in an order that only the seed and their names decide. A new item does not change the order of the others. */
function firstByHash<T>(items: readonly T[], seed: number, name: (item: T) => string): readonly T[] {
  const rank = (item: T) =>
    createHash("sha256")
      .update(`${seed} ${name(item)}`)
      .digest("hex");
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .map(({ item }) => item);
}
