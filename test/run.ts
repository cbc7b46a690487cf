/**
 * Runs one tier of the tests: `unit` (static checks and unit tests), `engine` or `e2e`. The tiers `engine-nightly` and
 * `e2e-nightly` have the cases that are too long for `engine` and `e2e`; `nightly` is both, also after a failure of the first.
 *
 * Every static check counts as one test. Further arguments reach vitest. The last line is `N passed, N failed`. Before it,
 * lines `FAILED name: reason` repeat each failure. The exit code is 0 only if nothing failed and at least one test passed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import pMap from "p-map";
import { provideEarlierCheckout } from "./support/earlier-checkout.ts";
import { prepareTier, type Prepared, type Tier } from "./support/prepare.ts";
import { staticChecks, type SkippedCheck, type StaticCheck } from "./support/static-checks.ts";

interface Count {
  passed: number;
  failed: number;
}

/** Part of vitest's JSON report that this runner reads. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const [chosen = "unit", ...rest] = process.argv.slice(2) as [Tier | "nightly", ...string[]];
const tiers: readonly Tier[] = chosen === "nightly" ? ["engine-nightly", "e2e-nightly"] : [chosen];
const counts: Count[] = [];
for (const tier of tiers) {
  const prepared = await prepareTier(tier);
  if (tier === "unit" && rest.length === 0) counts.push(await runStaticChecks());
  counts.push(await runVitest(tier, prepared));
}
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

async function runStaticChecks(): Promise<Count> {
  const count = { passed: 0, failed: 0 };
  const run = async (check: StaticCheck | SkippedCheck) => {
    if ("skipped" in check) {
      console.log(`skip ${check.name}: ${check.skipped}`);
      return;
    }
    const { name, command, limitSeconds } = check;
    const [file = "", ...args] = command;
    const started = Date.now();
    const { failed, all } = await execa(file, args, {
      all: true,
      reject: false,
      preferLocal: true,
      timeout: limitSeconds * 1000,
    });
    console.log(`${failed ? "FAIL" : "ok  "} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    if (failed) console.log(`${all}\nFAILED ${name}`);
    count[failed ? "failed" : "passed"]++;
  };
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-checks-"));
  try {
    // Each check uses one processor.
    await pMap(await staticChecks(folder), run, { concurrency: availableParallelism() });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return count;
}

async function runVitest(tier: Tier, { wrapper, environment }: Prepared): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-tests-"));
  const report = join(folder, "report.json");
  try {
    const projects = tier === "engine-nightly" ? [tier, "engine-journal"] : [tier];
    const selected = projects.flatMap((project) => ["--project", project]);
    const args = ["run", ...selected, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const earlier = await provideEarlierCheckout(tier, rest, { folder: join(folder, "earlier"), environment });
    const [file = "vitest", ...before] = [...wrapper, "vitest"];
    const { exitCode } = await execa(file, [...before, ...args, ...rest], {
      stdio: "inherit",
      reject: false,
      preferLocal: true,
      // Halves the time that the program, which every `up` of the engine tier starts, takes to load.
      env: { NODE_COMPILE_CACHE: join(folder, "compile-cache"), ...environment, ...earlier },
    });
    const { numPassedTests, numFailedTests, testResults } = readReport(report);
    for (const line of failuresOf(testResults)) console.log(line);
    // An error outside of all tests, such as a file that does not load, fails the run and counts as no test.
    return { passed: numPassedTests, failed: exitCode === 0 ? 0 : Math.max(1, numFailedTests) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns a line for each failed test, and for each file that failed outside of its tests. */
function failuresOf(files: Report["testResults"]): readonly string[] {
  return files.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages: [reason = ""] }) => ({ test: ` > ${fullName}`, reason }));
    const all = failed.length === 0 && message !== "" ? [{ test: "", reason: message }] : failed;
    return all.map(({ test, reason }) => `FAILED ${relative(process.cwd(), name)}${test}: ${reason.split("\n", 1)[0]}`);
  });
}

function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, testResults: [] };
  }
}
