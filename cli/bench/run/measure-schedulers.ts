import { logLine } from "../../../lib/log.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { blockOrder } from "./order.ts";
import type { Repetition } from "./repetition.ts";
import { runRepetition, type Conditions, type Slot } from "./run-repetition.ts";

/** Returns the repetitions of a scenario in their order: warm-up blocks first. */
export function slotsOf(scenario: Scenario, contestants: readonly Contestant[]): readonly Slot[] {
  const { warmups, repetitions, seed, order } = scenario;
  const schedulers = contestants.map(({ name }) => name);
  return blockOrder({ schedulers, blocks: warmups + repetitions, seed, order }).map(({ block, scheduler }, index) => ({
    ...{ number: index + 1, block, warmup: block < warmups },
    contestant: contestants.find(({ name }) => name === scheduler)!,
  }));
}

/**
 * Runs every repetition, and hands each one on as soon as it ends.
 * @param onRepetition Keeps the repetition. An interrupted benchmark has what it was given.
 * @throws at the first failure outside of a repetition, and when the benchmark is interrupted.
 */
export async function measureSchedulers(
  slots: readonly Slot[],
  conditions: Conditions,
  onRepetition: (repetition: Repetition) => Promise<void>,
): Promise<void> {
  for (const slot of slots) {
    conditions.signal.throwIfAborted();
    const repetition = await runRepetition(slot, conditions);
    await onRepetition(repetition);
    logLine(describeRepetition(repetition, slots.length));
  }
}

/** A line about a repetition for the terminal. */
export function describeRepetition({ number, scheduler, warmup, pods, ...rest }: Repetition, total: number): string {
  const bound = pods.flatMap((pod) => pod.bound ?? []);
  const seconds = (bound.reduce((a, b) => Math.max(a, b), 0) - bound.reduce((a, b) => Math.min(a, b), Infinity)) / 1000;
  const rate = bound.length > 1 && seconds > 0 ? `, ${((bound.length - 1) / seconds).toFixed(1)} pods/s` : "";
  const kind = rest.void === undefined ? (warmup ? " (warm-up)" : "") : ` (void: ${rest.void})`;
  return `repetition ${number} of ${total}, ${scheduler}: ${bound.length} of ${pods.length} pods bound${rate}${kind}`;
}
