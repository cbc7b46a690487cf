import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { readOptional } from "../../lib/files.ts";
import { logLine } from "../../lib/log.ts";
import { searchPath } from "../../lib/process.ts";
import { Redactor } from "../../lib/redact.ts";
import { readJunit, type Junit } from "./junit.ts";

/** A run of the suite. */
export interface SuiteOptions {
  /** Path of the program with the tests. */
  readonly program: string;
  /** Names of the cases to run. */
  readonly chosen: readonly string[];
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of kubectl, which some cases run. */
  readonly kubectl: string;
  /** DNS domain inside the cluster. */
  readonly domain: string;
  /** Private folder for the temporary files of the tests. */
  readonly folder: string;
  /** Path of the log. It has no secrets. */
  readonly log: string;
  /** Ends the run: the present case cleans up, and no other one starts. */
  readonly signal: AbortSignal;
  /** Command that runs the program after it, e.g. in other namespaces. @default none */
  readonly within?: readonly string[];
}

/** Ginkgo's own limit of 1 h is too short for all cases, which run one after the other. */
const limit = "12h";

/** Milliseconds between two lines about the progress. */
const reportInterval = 60_000;

/** Lines that end a case, without and with a failure (Ginkgo 2.28, `-v`). */
const caseEnds = /^• (?:\[[A-Z]+\] )?\[[\d.]+ seconds\]/gm;

/**
 * Runs cases, and returns their results.
 * @throws where the program ends without a report, e.g. because it refuses a flag. The error has the path of the log.
 */
export async function runSuite(options: SuiteOptions): Promise<Junit> {
  const { program, chosen, folder, log, signal, within = [] } = options;
  const [file = program, ...rest] = [...within, program];
  // A session of its own, so that Ctrl-C reaches it once, by the signal below, and the end of the terminal not at all.
  const subprocess = execa(file, [...rest, ...argumentsOf(options)], {
    all: true,
    buffer: false,
    cleanup: false,
    cwd: folder,
    detached: true,
    env: environmentOf(options),
    reject: false,
    stdin: "ignore",
  });
  // Ginkgo takes the first SIGINT as a request to clean up and to report. nsenter passes no signal on, so all of the group get it.
  const interrupt = () => {
    if (subprocess.pid !== undefined) signalGroup(subprocess.pid, "SIGINT");
  };
  signal.addEventListener("abort", interrupt);
  if (signal.aborted) interrupt();
  try {
    await keepOutput(subprocess.all, log, chosen.length);
    const { exitCode, signal: killedBy } = await subprocess;
    const xml = readOptional(join(folder, "reports", "junit_01.xml"));
    // A signal before Ginkgo has begun ends the program at once.
    if (xml === "" && signal.aborted) return readJunit("<testsuites/>", chosen);
    if (xml === "")
      throw new Error(`the tests ended without a report (${exitCode ?? killedBy}). Fix: read the end of ${log}`);
    return readJunit(xml, chosen);
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

/** Sends a signal to a group of processes, if it still exists. */
function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function argumentsOf({ chosen, kubectl, domain, folder }: SuiteOptions): readonly string[] {
  return [
    `--ginkgo.focus=${focusOf(chosen)}`,
    "--ginkgo.v",
    "--ginkgo.no-color",
    `--ginkgo.timeout=${limit}`,
    // The same order each time, so that a failure can be repeated.
    "--ginkgo.seed=1",
    "--provider=skeleton",
    "--disable-log-dump",
    `--dns-domain=${domain}`,
    `--kubectl-path=${kubectl}`,
    `--report-dir=${join(folder, "reports")}`,
    `--e2e-output-dir=${folder}`,
  ];
}

/** Returns the pattern that matches exactly these cases. Ginkgo matches against the name of the suite and the case's own. */
export function focusOf(names: readonly string[]): string {
  const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return `^Kubernetes e2e suite (${escaped.join("|")})$`;
}

/** The kubeconfig's path is in no argument, and files that kubectl caches go to the private folder. */
function environmentOf({ kubeconfig, folder }: SuiteOptions): Readonly<Record<string, string>> {
  return { PATH: searchPath(), KUBECONFIG: kubeconfig, HOME: folder, TMPDIR: folder };
}

/** Writes the output without secrets, and logs how many cases have ended. */
async function keepOutput(output: NodeJS.ReadableStream, log: string, count: number): Promise<void> {
  const redactor = new Redactor();
  let ended = 0;
  const timer = setInterval(() => logLine(`${ended} of ${count} cases have ended`), reportInterval);
  output.setEncoding("utf8");
  const clean = async function* (pieces: AsyncIterable<string | Buffer>) {
    for await (const piece of pieces) {
      const lines = redactor.push(String(piece));
      ended += lines.match(caseEnds)?.length ?? 0;
      yield lines;
    }
    yield redactor.end();
  };
  try {
    await pipeline(output, clean, createWriteStream(log, { mode: 0o600 }));
  } finally {
    clearInterval(timer);
  }
}
