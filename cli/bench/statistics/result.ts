/** Median of a measure with its interval from order statistics. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** Interval of the median; undefined where there are fewer than 6 values. */
  readonly interval?: readonly [number, number];
  readonly minimum: number;
  readonly maximum: number;
}

/** Comparison of a scheduler with the baseline by one measure. */
export interface PairResult {
  readonly scheduler: string;
  readonly baseline: string;
  readonly measure: string;
  /**
   * Ratio scheduler / baseline: Hodges-Lehmann on the logarithms of the ratios within blocks. NaN, as `interval` and `p`, where
   * no ratio exists; its verdict is `not comparable`.
   */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Of the sign-flip permutation test, after Holm's correction. NaN where the pair is not comparable. */
  readonly p: number;
  readonly blocks: number;
  readonly verdict: Verdict;
}

/** A verdict in words, e.g. `faster by 22.7 % (21.4 to 24.1)`. */
export interface Verdict {
  /** `different`: a clear difference of a measure without a better direction. */
  readonly kind: "better" | "worse" | "different" | "same" | "unclear" | "not comparable";
  readonly text: string;
}

/** Results of a whole benchmark, `bench.json` without the raw data. */
export interface BenchResult {
  readonly schedulers: readonly {
    readonly name: string;
    readonly measures: Readonly<Record<string, Summary>>;
    /** Limit of most of its repetitions. */
    readonly limit: string;
  }[];
  readonly pairs: readonly PairResult[];
}
