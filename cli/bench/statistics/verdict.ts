import type { MeasureKind } from "../metrics/measures.ts";
import { moreRepetitions } from "./repetitions.ts";
import type { Verdict } from "./result.ts";
import { leastForInterval } from "./summary.ts";

/** Facts that a verdict follows from. */
interface Evidence {
  readonly kind: MeasureKind;
  /** Scheduler / baseline. */
  readonly ratio: number;
  /** 95 % interval of the ratio. */
  readonly interval: readonly [number, number];
  /** After the correction for several comparisons. */
  readonly p: number;
  /** Blocks, or values of the shorter list where there are no blocks. */
  readonly repetitions: number;
  /** Standard deviation of the logarithms of the ratios within blocks; absent where there are no blocks. */
  readonly spread?: number;
  /** Half-width of the band that counts as the same, as a fraction: 0.03 is the ratios from 1 / 1.03 to 1.03. */
  readonly equivalence: number;
  /** Number of comparisons that are corrected together. @default 1 */
  readonly tests?: number;
}

/**
 * Returns the verdict on a ratio, in words.
 *
 * `same`: the whole interval is inside the equivalence band. This is stricter than two one-sided tests at 5 %, which need the
 * 90 % interval only. `better`, `worse`, or `different` for a measure without a direction: the interval leaves 1 out, and p is
 * at most 5 %. Otherwise, and always below 6 repetitions, `unclear`.
 */
export function verdict({ kind, ratio, interval, p, repetitions, spread, equivalence, tests = 1 }: Evidence): Verdict {
  const [low, high] = interval;
  const enough = repetitions >= leastForInterval;
  if (enough && low >= 1 / (1 + equivalence) && high <= 1 + equivalence)
    return { kind: "same", text: `same within ${percent(equivalence)} %` };
  if (enough && p <= 0.05 && (low > 1 || high < 1)) {
    const [up, down] = isSpeed(kind) ? ["faster", "slower"] : ["higher", "lower"];
    const ends = [low - 1, high - 1].map(Math.abs).sort((a, b) => a - b);
    const [near, far] = ends.map(percent);
    return {
      kind: kind.better === "neither" ? "different" : ratio > 1 === (kind.better === "higher") ? "better" : "worse",
      text: `${ratio > 1 ? up : down} by ${percent(Math.abs(ratio - 1))} % (${near} to ${far})`,
    };
  }
  const more =
    spread === undefined ? undefined : moreRepetitions({ ratio, spread, blocks: repetitions, equivalence, tests });
  return {
    kind: "unclear",
    text: `cannot tell${enough ? "" : ` below ${leastForInterval} repetitions`}: ${range(low, high)}${wouldHelp(more)}`,
  };
}

/** Returns the verdict of a comparison that must not be made. @param reason E.g. `the limit of "volcano" was etcd`. */
export function notComparable(reason: string): Verdict {
  return { kind: "not comparable", text: `not comparable: ${reason}` };
}

/** Reason why a speed says nothing about a scheduler that waited for pods. */
export const pacedReason = "pods were created more slowly than the schedulers bind them";

/** Whether pods that came too slowly limited a scheduler. Its speed is then that of the generator, or of the workload. */
export function isPaced(limit: string | undefined): boolean {
  return limit === "generator" || limit === "workload";
}

/** Whether a measure is a speed: more of it in each second is better. */
export function isSpeed(kind: MeasureKind): boolean {
  return kind.better === "higher" && kind.unit.endsWith("/s");
}

function wouldHelp(more: number | undefined): string {
  if (more === undefined) return "";
  if (more === Infinity) return "; even 1000 more repetitions would not";
  return `; ${more} more ${more === 1 ? "repetition" : "repetitions"} would`;
}

/** The ends of an interval in words. Few repetitions of an even machine give the same figure twice. */
function range(low: number, high: number): string {
  const [from, to] = [signed(low - 1), signed(high - 1)];
  return from === to ? `about ${from} %` : `between ${from} % and ${to} %`;
}

/** A fraction in per cent with at most one decimal. */
function percent(fraction: number): string {
  return String(Number((100 * fraction).toFixed(1)));
}

function signed(fraction: number): string {
  const text = percent(fraction);
  // A small negative fraction rounds to "0", and 0 has no sign.
  return fraction > 0 && text !== "0" ? `+${text}` : text;
}
