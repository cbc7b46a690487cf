import { join } from "node:path";
import { logLine } from "../../lib/log.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { stackBaseName } from "../stack/settings.ts";
import { addChanges, readChanges, type Changes } from "./changes.ts";
import { effectiveConfiguration } from "./configuration.ts";
import { files, makeRunFolder, runsFolder } from "./folder.ts";
import { longerThanRun } from "./phases.ts";
import { processIdentity } from "../../lib/process-identity.ts";
import { formatVersion, writeRecord, type Outcome, type RecordedCommand, type RunRecord } from "./record.ts";
import { reportPage } from "./report.ts";
import { readResult, withResult } from "./result.ts";
import { RunLog } from "./run-log.ts";
import { readSurroundings, type RecordedSession } from "./surroundings.ts";

/** Command of a run. */
export interface RunStart {
  readonly command: RecordedCommand;
  /** The command's own arguments. */
  readonly args: readonly string[];
  /** Name of the log in the folder of the run. @default that of Pulumi's output */
  readonly log?: string;
}

/** End of a run. */
export interface RunEnd {
  readonly exitCode: number;
  /** Sentences for the reader of the record. */
  readonly notes?: readonly string[];
  /** @default the outcome that the exit code and the last output of Pulumi mean */
  readonly outcome?: Outcome;
}

/** Milliseconds between two writes of the log. A killed run may lose this much of it. */
const logInterval = 5_000;

/**
 * Opens the record of a run: a folder with `record.json`, whose outcome is `running` until {@link Run.finish}.
 *
 * Recording never fails a run: its errors are warnings.
 * @param root Folder of all runs.
 */
export async function openRun(session: RecordedSession, start: RunStart, root = runsFolder): Promise<Run> {
  const time = new Date();
  const folder = await attempt("make its folder", () => makeRunFolder(time, session.stack, root));
  const record =
    folder === undefined ? undefined : await attempt("describe it", () => describeStart(session, start, time));
  const run = new Run(session, folder ?? join(root, "unrecorded"), record);
  await run.save();
  return run;
}

/** A run that is being recorded: one or several calls of Pulumi. */
export class Run {
  /** Absolute path. */
  readonly folder: string;
  readonly #session: RecordedSession;
  /** Undefined when the start of the run could not be recorded. */
  #record: RunRecord | undefined;
  readonly #log: RunLog;
  #changes: Changes | undefined;

  constructor(session: RecordedSession, folder: string, record: RunRecord | undefined) {
    this.#session = session;
    this.folder = folder;
    this.#log = new RunLog(record === undefined ? undefined : folder);
    this.#record = record;
  }

  /**
   * Runs Pulumi on this terminal and keeps its output; returns its exit code.
   * @param hides Whether the terminal does not show the present output, which is kept in any case. @default never
   */
  async pulumi(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
    hides: () => boolean = () => false,
  ): Promise<number> {
    const screen = this.#log.begin(args);
    const timer = setInterval(() => void this.#saveLog(), logInterval);
    try {
      const receive = Object.assign((text: string) => screen.write(text), { hides });
      return await this.#session.pulumi(args, receive, environment);
    } finally {
      clearInterval(timer);
      await attempt("read what changed", async () => {
        const changes = readChanges(await screen.text());
        if (changes !== undefined) this.#changes = addChanges(this.#changes, changes);
      });
      screen.close();
      await this.#saveLog();
    }
  }

  /** Returns the output of Pulumi in this run, redacted and without control sequences. */
  log(): Promise<string> {
    return this.#log.text();
  }

  /** Records the end of the run, writes the page about it and logs the folder. */
  async finish(end: RunEnd): Promise<void> {
    const begun = this.#record;
    if (begun === undefined) return;
    const record = await attempt("record its end", () => this.#describeEnd(begun, end));
    if (record === undefined) return;
    this.#record = record;
    await attempt("write its page", () => writeOwn(join(this.folder, files.report), reportPage(record)));
    if (await this.save()) logLine(`this run is recorded in ${this.folder}`);
  }

  /** Writes the record in its current state; returns whether that succeeded. */
  async save(): Promise<boolean> {
    const record = this.#record;
    if (record === undefined) return false;
    const saved = await attempt("write it", async () => {
      await writeRecord(this.folder, record);
      return true;
    });
    return saved ?? false;
  }

  async #describeEnd(begun: RunRecord, { exitCode, notes = [], ...said }: RunEnd): Promise<RunRecord> {
    const end = new Date();
    const outcome = said.outcome ?? outcomeOf(exitCode, await this.#log.last());
    // Only after a success: a stack whose update failed has the outputs of an earlier update.
    const result =
      outcome === "succeeded" ? await attempt("read the outputs", () => readResult(this.#session)) : undefined;
    const seconds = Math.round((end.getTime() - Date.parse(begun.start)) / 100) / 10;
    const changes = this.#changes ?? null;
    const timings = result?.timings ?? {};
    return {
      ...begun,
      outcome,
      exitCode,
      end: end.toISOString(),
      seconds,
      notes: [...notes, ...longerThanRun({ changes, seconds, timings })],
      configuration: effectiveConfiguration(this.#session.settings()),
      ...withResult(begun, result),
      changes,
      nodes: result?.nodes ?? [],
      timings,
    };
  }

  async #saveLog(): Promise<void> {
    if (this.#record !== undefined) await attempt("write its log", () => this.#log.save());
  }
}

async function describeStart(
  session: RecordedSession,
  { command, args, log = files.log }: RunStart,
  start: Date,
): Promise<RunRecord> {
  const settings = session.settings();
  return {
    formatVersion,
    command,
    arguments: args,
    stack: session.stack,
    cluster: settings.get("clusterName") || stackBaseName(session.stack),
    process: await processIdentity(),
    outcome: "running",
    exitCode: null,
    start: start.toISOString(),
    end: null,
    seconds: null,
    notes: [],
    configuration: effectiveConfiguration(settings),
    ...(await readSurroundings(session)),
    changes: null,
    nodes: [],
    timings: {},
    logs: [log],
  };
}

/** Returns the outcome of a run by its exit code and the last output of Pulumi. */
export function outcomeOf(exitCode: number, printed: string): Outcome {
  // The exit code of Pulumi is 0 when the operator answers no, and 1 after Ctrl-C as after any failure.
  if (/^confirmation declined/m.test(printed)) return "declined";
  if (exitCode === 0) return "succeeded";
  const isSignal = exitCode > 128 && exitCode < 128 + 32;
  return isSignal || /^\s*\^C received|error: update canceled/m.test(printed) ? "interrupted" : "failed";
}

/** Does work that the run does not need; logs a failure as a warning. */
async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    logLine(`the record of this run is incomplete: could not ${what}: ${(error as Error).message}`);
    return undefined;
  }
}
