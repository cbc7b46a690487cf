/**
 * Measures the scenario of standard input on the control plane whose namespaces this process is in, and prints a JSON line with
 * the result. `bench/reference/bare-cluster.ts` starts it.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { administratorOf } from "../../cli/bench/administrator.ts";
import { countedRepetitions, type MeasuredRepetition } from "../../cli/bench/export/benchmark-data.ts";
import { measuredRepetition } from "../../cli/bench/measured-repetition.ts";
import { endedWatchNotes } from "../../cli/bench/metrics/ended-watches.ts";
import { measureKinds } from "../../cli/bench/metrics/measure-kinds.ts";
import { prepareScenario } from "../../cli/bench/prepare-scenario.ts";
import { resultText } from "../../cli/bench/result-text.ts";
import { measureOnCluster, type PreparedScenario } from "../../cli/bench/run/measure-on-cluster.ts";
import { readScenario } from "../../cli/bench/scenario/read-scenario.ts";
import { compareRepetitions } from "../../cli/bench/statistics/compare-repetitions.ts";
import type { BenchResult } from "../../cli/bench/statistics/result.ts";
import { logLine } from "../../lib/log.ts";
import { nativeEndpoint } from "../control-plane/native.ts";
import { printResult } from "../print-result.ts";
import { GeneratorMeter, type GeneratorUse } from "./generator-meter.ts";
import { LocalScheduler } from "./local-scheduler.ts";
import { stopPrograms } from "./processes.ts";

/** Standard input of this program. */
export interface Task {
  /** Path of the scenario. */
  readonly scenario: string;
  /** Programs that do not run in the measured window, because scheduler_perf has none like them. */
  readonly absent: readonly string[];
}

/** A repetition without its pods and nodes. */
export type ShortRepetition = Pick<
  MeasuredRepetition,
  "number" | "block" | "scheduler" | "warmup" | "void" | "measures" | "limit"
> & { readonly generator?: GeneratorUse };

/** Standard output of this program. */
export interface TaskResult {
  readonly repetitions: readonly ShortRepetition[];
  readonly result: BenchResult;
  /** The result in words, as `npm run bench` prints it. */
  readonly text: string;
}

const task = JSON.parse(await text(process.stdin)) as Task;
printResult(await measure(task));

async function measure({ scenario: path, absent }: Task): Promise<TaskResult> {
  const prepared = await prepare(path);
  const { scenario } = prepared;
  const meter = new GeneratorMeter();
  let used: GeneratorUse | undefined;
  let restart = () => {};
  const control = new LocalScheduler({
    opened: () => {
      restart = stopPrograms(absent);
      meter.begin();
    },
    closed: () => {
      used = meter.end();
      restart();
    },
  });
  const repetitions: MeasuredRepetition[] = [];
  const latest = new Map<string, MeasuredRepetition>();
  const short: ShortRepetition[] = [];
  const observer = {
    onRepetition: (repetition: Parameters<typeof measuredRepetition>[0]) => {
      const measured = measuredRepetition(repetition, [...latest.values()], prepared, availableParallelism());
      if (measured.void === undefined) latest.set(measured.scheduler, measured);
      // The comparison needs only the measures. The pods and scrapes of a hundred repetitions would take a gigabyte.
      repetitions.push({ ...measured, pods: [], unmeasured: [], nodes: [], scrapes: [], usage: [], journal: "" });
      const { number, block, scheduler, warmup, measures, limit } = measured;
      short.push({
        ...{ number, block, scheduler, warmup, measures, limit },
        ...(measured.void === undefined ? {} : { void: measured.void }),
        ...(used === undefined ? {} : { generator: used }),
      });
      used = undefined;
      return Promise.resolve();
    },
    onUnrestored: logLine,
  };
  const cluster = { ...administration(), control, podRange: "10.255.255.0/24" };
  await measureOnCluster(prepared, cluster, observer, new AbortController().signal);
  const result = compareRepetitions(scenario, repetitions);
  const notes = endedWatchNotes(countedRepetitions({ repetitions }));
  const data = { scenario, repetitions, kinds: measureKinds, notes, result, surroundings: {} };
  return { repetitions: short, result, text: resultText({ ...data, ended: "complete" }) };
}

async function prepare(path: string): Promise<PreparedScenario> {
  const [scenario] = readScenario(path);
  if (scenario === undefined) throw new Error(`${path} has no scenario`);
  return prepareScenario(scenario, dirname(path));
}

/** Reads the administrator's access. @throws outside of the namespaces, where programs of another control plane would be ended. */
function administration() {
  const file = "/etc/kubernetes/admin.conf";
  const access = administratorOf(readFileSync(file, "utf8"));
  if (access.server.endpoint !== nativeEndpoint)
    throw new Error(
      `${file} names ${access.server.endpoint}, expected ${nativeEndpoint}. Fix: start this program with npm run bench:reference`,
    );
  return access;
}
