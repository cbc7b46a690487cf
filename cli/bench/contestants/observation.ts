import type { UsageSample } from "../metrics/usage.ts";
import type { Scrape } from "../run/repetition.ts";

/** Counters of /proc/stat, in ticks since the machine's start. */
export interface ProcessorTicks {
  readonly total: number;
  readonly steal: number;
}

/** Output of guest/bench-observe.sh. */
export interface Observation {
  readonly scrapes: readonly Scrape[];
  /** Id of the run of the scheduler under test, as guest/bench-activate.sh returns it; "" while it does not run. */
  readonly invocation: string;
  /** Unit of the running scheduler; "" while no unit runs one. */
  readonly unit: string;
  /** Undefined without its section `usage`. */
  readonly usage?: UsageSample;
  /** For the next call of {@link readObservation}. */
  readonly ticks?: ProcessorTicks;
}

/** Circumstances of an observation. */
export interface ObservationContext {
  readonly when: Scrape["when"];
  /** Milliseconds on the clock of the repetition. */
  readonly at: number;
  /** Ticks of the observation before; without them the share of stolen time is 0. */
  readonly before?: ProcessorTicks;
}

const scraped: readonly Scrape["component"][] = ["kube-scheduler", "kube-apiserver", "etcd", "kube-controller-manager"];
const measured = [...scraped, "kwok"];

/**
 * Reads the output of guest/bench-observe.sh.
 * @throws where it was cut off, repeats a section, or has an unknown one. The control plane chose the text.
 */
export function readObservation(text: string, { when, at, before }: ObservationContext): Observation {
  const sections = readSections(text);
  const scrapes: Scrape[] = [];
  const cpuSeconds: Record<string, number> = {};
  const memoryPeak: Record<string, number> = {};
  let invocation = "";
  let unit = "";
  let ticks: ProcessorTicks | undefined;
  for (const [name, body] of sections) {
    const [kind, component = ""] = name.split(" ");
    const known = scraped.find((each) => each === component);
    if (kind === "metrics" && known !== undefined) scrapes.push({ component: known, when, text: body });
    else if (kind === "usage" && measured.includes(component)) {
      const usage = numberAfter(body, "usage_usec");
      const peak = numberAfter(body, "memory_peak");
      if (usage !== undefined) cpuSeconds[component] = usage / 1e6;
      if (peak !== undefined) memoryPeak[component] = peak;
    } else if (name === "invocation") invocation = /^[0-9a-f]*$/.test(body.trim()) ? body.trim() : "";
    else if (name === "unit") unit = body.trim().slice(0, 100);
    else if (name === "processor") ticks = readTicks(body);
    else throw new Error(`the control plane printed the unknown section ${JSON.stringify(name.slice(0, 40))}`);
  }
  if (ticks === undefined) return { scrapes, invocation, unit };
  return {
    scrapes,
    invocation,
    unit,
    usage: { at, cpuSeconds, memoryPeak, steal: stealBetween(before, ticks) },
    ticks,
  };
}

function readSections(text: string): ReadonlyMap<string, string> {
  const parts = `\n${text}`.split("\n== ").slice(1);
  // kubectl prints the metrics with or without a newline at their end.
  if (parts.at(-1)?.trim() !== "end")
    throw new Error("the control plane's answer was cut off. Fix: repeat the command");
  const sections = new Map<string, string>();
  for (const part of parts.slice(0, -1)) {
    const end = part.indexOf("\n");
    const name = end < 0 ? part : part.slice(0, end);
    if (sections.has(name)) throw new Error(`the control plane printed the section ${JSON.stringify(name)} twice`);
    sections.set(name, end < 0 ? "" : part.slice(end + 1));
  }
  return sections;
}

function numberAfter(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Reads the first line of /proc/stat (proc_stat(5)). Its guest times are part of user and nice, so they are left out. */
function readTicks(line: string): ProcessorTicks {
  const [name, ...fields] = line.trim().split(/\s+/);
  const times = fields.slice(0, 8).map(Number);
  if (name !== "cpu" || times.length < 8 || times.some((time) => !Number.isFinite(time))) {
    throw new Error(
      `/proc/stat of the control plane begins with ${JSON.stringify(line.slice(0, 80))}, expected cpu times`,
    );
  }
  return { total: times.reduce((sum, time) => sum + time, 0), steal: times[7] ?? 0 };
}

function stealBetween(before: ProcessorTicks | undefined, now: ProcessorTicks): number {
  if (before === undefined || now.total <= before.total) return 0;
  return Math.min(1, Math.max(0, (now.steal - before.steal) / (now.total - before.total)));
}
