import { phases } from "./phase.ts";

/** Time of each node in each phase. Steps of one phase that run at the same time count once. */
export class PhaseTimes {
  /** By node and phase. */
  readonly #entries = new Map<string, { steps: number; since: number; total: number; readonly phase: string }>();

  /** A step of a phase begins. @param at Time in milliseconds. */
  begin(node: string, phase: string, at: number): void {
    const entry = this.#entries.get(`${node} ${phase}`) ?? { steps: 0, since: at, total: 0, phase };
    if (entry.steps++ === 0) entry.since = at;
    this.#entries.set(`${node} ${phase}`, entry);
  }

  /** A step of a phase ends. Nothing happens where none has begun. @param at Time in milliseconds. */
  end(node: string, phase: string, at: number): void {
    const entry = this.#entries.get(`${node} ${phase}`);
    if (entry === undefined || entry.steps === 0) return;
    if (--entry.steps === 0) entry.total += at - entry.since;
  }

  /** Longest time of a node in each phase that has ended, in milliseconds, in the order of the phases. */
  longest(): readonly (readonly [phase: string, milliseconds: number])[] {
    const order: readonly string[] = phases;
    const longest = new Map<string, number>();
    for (const { phase, total, steps } of this.#entries.values()) {
      if (steps === 0) longest.set(phase, Math.max(longest.get(phase) ?? 0, total));
    }
    return [...longest].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  }
}
