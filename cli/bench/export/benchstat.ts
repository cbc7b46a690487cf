import { type BenchmarkData, countedRepetitions, workloadName } from "./benchmark-data.ts";
import { upstreamName } from "./upstream-name.ts";

/**
 * Returns the counted repetitions in Go's benchmark format, one line each, for `benchstat -col /scheduler`. Lines `Unit` name
 * the better direction of each measure (golang.org/design/14313-benchmark-format, golang.org/x/perf/benchfmt).
 */
export function benchstatText(data: BenchmarkData): string {
  const counted = countedRepetitions(data);
  const kinds = data.kinds
    .filter(({ name }) => counted.some(({ measures }) => measures[name] !== undefined))
    .map(({ name, better }) => {
      const { metric, statistic } = upstreamName(name);
      return { name, better, label: word(`${metric}/${statistic}`) };
    });
  const units = kinds.flatMap(({ better, label }) => (better === "neither" ? [] : [`Unit ${label} better=${better}`]));
  // benchstat takes -8 at the end for GOMAXPROCS, also in a name such as `mine-8`. A -1 behind every name prevents that.
  const end = counted.some(({ scheduler }) => /-\d+$/.test(scheduler)) ? "-1" : "";
  const workload = word(workloadName(data.scenario));
  const lines = counted.flatMap(({ scheduler, measures }) => {
    const values = kinds.flatMap(({ name, label }) => {
      const value = measures[name];
      return value === undefined || !Number.isFinite(value) ? [] : [`${Number(value.toPrecision(6))} ${label}`];
    });
    const name = `BenchmarkPerfScheduling/${workload}/scheduler=${word(scheduler)}${end}`;
    // A line without a value is no result.
    return values.length === 0 ? [] : [[name, "1", ...values].join(" ")];
  });
  return `${[...units, "", ...lines].join("\n")}\n`;
}

/** Returns a name without spaces, which end a field. */
function word(name: string): string {
  return name.trim().replace(/\s+/g, "-");
}
