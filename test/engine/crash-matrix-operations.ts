import { repeatDestroy, repeatUp, type Ended } from "./crash-matrix-commands.ts";
import { victimsIn, type Victim } from "./crash-matrix-processes.ts";
import { writeImage } from "./material.ts";
import type { Outcome, TestStack } from "./stack.ts";
import type { Thing } from "./things.ts";
import type { Call, Moment } from "./world.ts";

/** Moment of one call of a plugin, at which a run is killed. */
export interface Point {
  /** Action and resource, such as `create Domain master`. */
  readonly call: string;
  /** Number of the call among those of the same text, from 1. */
  readonly nth: number;
  readonly moment: Moment;
  /** Whether the program runs at this moment. It has ended before `up` deletes what it does not have any more. */
  readonly hasProgram: boolean;
}

/** Result of an operation. Each list is sorted, and has no number that is random. */
export interface End {
  /** Objects of libvirt and Kubernetes; domains with their power state, overlays with their base image. */
  readonly things: readonly string[];
  /** URNs in the state. */
  readonly resources: readonly string[];
  /** Nodes of the cluster, with their condition Ready. */
  readonly nodes: readonly string[];
}

/** An operation on a stack, with its undisturbed run. */
export interface Operation {
  readonly name: OperationName;
  /** Restores the stack as it was before the operation. */
  readonly restore: () => Promise<void>;
  readonly run: () => Promise<Outcome>;
  /** Runs the command by which a user completes the operation. */
  readonly repeat: () => Promise<Ended>;
  readonly points: readonly Point[];
  readonly end: End;
}

/** Operations in an order in which each starts from the end of the one before. */
export const operationNames = ["bring-up", "scale-up", "scale-down", "roll", "destroy"] as const;

export type OperationName = (typeof operationNames)[number];

/** Text of a call. */
export const textOf = ({ action, resource }: Call) => `${action} ${resource}`;

/** Runs every operation once, undisturbed, on an empty stack. @throws when one fails. */
export async function observeOperations(stack: TestStack): Promise<readonly Operation[]> {
  const image = await writeImage(stack.folder, "second.qcow2", "second");
  const runs: Readonly<Record<OperationName, () => Promise<Outcome>>> = {
    "bring-up": () => stack.up({ workers: 1 }),
    "scale-up": () => stack.up({ workers: 2 }),
    "scale-down": () => stack.up({ workers: 1 }),
    roll: () => stack.up({ image }),
    destroy: () => stack.destroy(),
  };
  const observed: Operation[] = [];
  for (const name of operationNames) observed.push(await observe(stack, name, runs[name]));
  return observed;
}

/** Whether a victim lives at a point. */
export function lives(victim: Victim, { hasProgram }: Point): boolean {
  return victim !== "program" || hasProgram;
}

async function observe(stack: TestStack, name: OperationName, run: () => Promise<Outcome>): Promise<Operation> {
  const restore = await stack.remember();
  const withProgram: Readonly<Record<Moment, Set<Call>>> = { before: new Set(), after: new Set() };
  for (const moment of ["before", "after"] as const) {
    stack.world.on(moment, /./, (call) => {
      if (victimsIn(stack.folder, "program").length > 0) withProgram[moment].add(call);
    });
  }
  const { succeeded, text, calls } = await run();
  stack.world.calm();
  if (!succeeded) throw new Error(`an undisturbed ${name} failed:\n${text}`);
  const { end, problems } = await inspect(stack);
  if (problems.length > 0) throw new Error(`an undisturbed ${name} is incomplete:\n${problems.join("\n")}`);
  const texts = calls.all.map(textOf);
  const points = calls.all.flatMap((call, index) =>
    (["before", "after"] as const).map((moment) => ({
      call: textOf(call),
      nth: texts.slice(0, index + 1).filter((text) => text === textOf(call)).length,
      moment,
      hasProgram: withProgram[moment].has(call),
    })),
  );
  const repeat = () => (name === "destroy" ? repeatDestroy(stack) : repeatUp(stack));
  return { name, restore, run, repeat, points, end };
}

/** Present state of a stack and its world, and the problems: differences between both, and open operations. */
export async function inspect(stack: TestStack): Promise<{ readonly end: End; readonly problems: readonly string[] }> {
  const state = await stack.export();
  const { resources = [], pending_operations: pending = [] } = state.deployment;
  const nodes = stack.guests.nodeList() as { items: readonly object[] } | undefined;
  return {
    end: {
      things: [...stack.world.things].map((thing) => describe(stack, thing)).sort(),
      resources: resources.map(({ urn }) => urn).sort(),
      nodes: (nodes?.items ?? []).map((node) => JSON.stringify(node)).sort(),
    },
    problems: [
      ...stack.driftFrom(state),
      ...pending.map(({ type, resource }) => `the state is still ${type} ${resource.urn}`),
    ],
  };
}

/** Differences of an end from the expected one, in both directions. */
export function differences(expected: End, found: End): readonly string[] {
  return (["things", "resources", "nodes"] as const).flatMap((list) => [
    ...missingIn(found[list], expected[list]).map((item) => `lacks ${item}`),
    ...missingIn(expected[list], found[list]).map((item) => `has ${item}, which an undisturbed run does not have`),
  ]);
}

/** Items that a list does not have, or not as often. */
function missingIn(list: readonly string[], items: readonly string[]): readonly string[] {
  const left = [...list];
  return items.filter((item) => {
    const index = left.indexOf(item);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function describe({ guests }: TestStack, { type, id, taken, properties }: Thing): string {
  const power = type.endsWith(":Domain") ? (guests.isRunning(id) ? ["running"] : ["off"]) : [];
  const base = typeof properties.baseVolumeId === "string" ? [`on ${properties.baseVolumeId}`] : [];
  return withoutRandom([type, taken, ...power, ...base].join(" "));
}

/** Text without UUIDs, and without the random part at the end of a volume's name. */
function withoutRandom(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/-[0-9a-f]{8}(?=$|[. ])/g, "-RANDOM");
}
