import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import { inCheckout } from "../../lib/checkout.ts";
import { comparisonText } from "../bench/archive/comparison-text.ts";
import { benchmarkListing } from "../bench/archive/listing.ts";
import { readBenchmark, recordedBenchmarks } from "../bench/archive/recorded-benchmark.ts";
import { repeatBenchmark } from "../bench/archive/repeat.ts";
import { benchmark } from "../bench/benchmark.ts";
import { agreeingCommand, confirm, isUnattended } from "../consent/consent.ts";
import { findRun, listRuns } from "../runs/archive.ts";
import { openSession } from "../session.ts";
import { defaultStack, stackArguments } from "../stack/settings.ts";
import { defineCommand, type Command, type Declaration } from "./command.ts";
import { stackOption } from "./options.ts";

interface BenchOptions {
  readonly stack: string;
  readonly set: readonly string[];
  readonly calibrate?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface RepeatOptions {
  /** Without it, the stack of the record. */
  readonly stack?: string;
  readonly yes?: boolean;
}

interface CompareOptions {
  readonly force?: boolean;
}

const yesOption = () => new Option("-y, --yes", "start without a question");
const query = "latest, previous, or the beginning of a run's name";

const list: Declaration = {
  name: "list",
  purpose: "Lists the recorded benchmarks of this checkout, the oldest first, and the shipped scenarios.",
  examples: { "npm run bench -- list": "all benchmarks and scenarios" },
  async run() {
    console.log(benchmarkListing(await recordedBenchmarks(await listRuns()), inCheckout("benchmarks")));
    return 0;
  },
};

const repeat: Declaration<RepeatOptions> = {
  name: "repeat",
  purpose: "Repeats a recorded benchmark from its record alone, and compares the results.",
  takes: { run: query },
  options: () => [yesOption(), new Option("-s, --stack <name>", "stack to work on (default: the recorded one)")],
  examples: { "npm run bench -- repeat latest": "the last benchmark again" },
  async run({ stack, yes = false }, [name = ""]) {
    const run = await findBenchmark(name);
    const chosen = stack ?? run.record.stack;
    return repeatBenchmark(
      run,
      () => open(chosen),
      agreement(yes, defaultStack, ["repeat", run.name, ...stackArguments(chosen)]),
    );
  },
};

const compare: Declaration<CompareOptions> = {
  name: "compare",
  purpose: "Compares two recorded benchmarks: their conditions, then each scheduler that both have.",
  takes: { before: query, after: query },
  options: () => [new Option("--force", "compare also where the machine, image, nodes or client limits differ")],
  examples: { "npm run bench -- compare previous latest": "the last two benchmarks" },
  async run({ force = false }, [first = "", second = ""]) {
    const [before, after] = [await findBenchmark(first), await findBenchmark(second)];
    console.log(comparisonText(await readBenchmark(before), await readBenchmark(after), { force }));
    return 0;
  },
};

const measure = defineCommand<BenchOptions>({
  name: "bench",
  purpose:
    "Benchmarks schedulers on the cluster of a stack: runs the scenario's workload with each scheduler in turn, several times, " +
    "and says which one is faster. The shipped scheduler is stopped meanwhile, so nothing else is scheduled.",
  takes: { scenario: "a scenario file, or the name of one in benchmarks/; or list, repeat, compare" },
  options: () => [
    new Option("--set <key=values>", "change a key of the scenario; several values make one benchmark each")
      .default([], "none")
      .argParser((text: string, earlier: readonly string[]) => [...earlier, text]),
    new Option("--calibrate", "measure the first scheduler against itself"),
    new Option("--dry-run", "check the scenario and print the plan"),
    yesOption(),
    stackOption("-s, --stack <name>"),
  ],
  examples: {
    "npm run bench -- demo": "compare two configurations on 10 simulated nodes",
    "npm run bench -- demo --dry-run": "show the plan",
    "npm run bench -- demo --set repetitions=10": "more repetitions",
    "npm run bench -- demo --calibrate": "the noise of this cluster",
    "npm run bench -- list": "recorded benchmarks and shipped scenarios",
    "npm run bench -- repeat latest": "the last benchmark again",
    "npm run bench -- compare previous latest": "the last two benchmarks",
  },
  async run({ stack, set, calibrate = false, dryRun = false, yes = false }, [name = ""]) {
    const scenario = scenarioPath(name);
    return benchmark(() => open(stack), {
      ...{ scenario, set, calibrate, dryRun },
      confirm: agreement(yes, stack, [name]),
    });
  },
});

const subcommands: readonly Declaration[] = [list, repeat, compare];

/** Runs the subcommands. {@link defineCommand} gives a command either arguments or subcommands. */
const archive = defineCommand({ ...measure.declaration, takes: {}, options: () => [], subcommands });

/** Benchmarks schedulers on the cluster; lists, repeats or compares recorded benchmarks. */
export const command: Command = Object.assign(
  (args: readonly string[]) => (subcommands.some(({ name }) => name === args[0]) ? archive(args) : measure(args)),
  { declaration: { ...measure.declaration, subcommands } },
);

function open(stack: string) {
  return openSession({ stack }, { image: false, hypervisor: false, plugins: false });
}

/** Finds a run among the benchmarks only, so that `latest` is the last benchmark. */
async function findBenchmark(name: string) {
  const runs = await listRuns();
  const benchmarks = runs.filter(({ record }) => !(record instanceof Error) && record.command === "bench");
  if (benchmarks.length === 0) {
    throw new Error("no benchmark is recorded, expected at least one. Fix: `npm run bench -- demo` records the first");
  }
  return findRun(benchmarks, name);
}

/** Returns a question whether to start; `--yes` is the answer. */
function agreement(yes: boolean, stack: string, words: readonly string[]): () => Promise<boolean> {
  return async () => {
    if (yes) return true;
    if (isUnattended([])) {
      throw new Error(
        "a benchmark stops the cluster's scheduler, and there is no terminal to confirm it. " +
          `Fix: ${agreeingCommand("bench", stack, words)}`,
      );
    }
    return confirm("The cluster's own scheduler is stopped during the benchmark. Start?");
  };
}

/** Path of a scenario: the file, or one of benchmarks/ by its name. */
function scenarioPath(name: string): string {
  const shipped = inCheckout("benchmarks", `${name}.yaml`);
  return !existsSync(name) && existsSync(shipped) ? shipped : resolve(name);
}
