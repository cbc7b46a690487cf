/**
 * Measures the program on the real engine with instant plugins, and OpenTofu with as many resources beside it. The costs are
 * those of the CLI and the program, because no machine boots.
 *
 * Usage: npm run bench:engine [-- --workers 10,100 --operations up,preview --tools opentofu --journal on --limit SECONDS --json FILE]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { inCheckout } from "../lib/checkout.ts";
import { logLine } from "../lib/log.ts";
import { runBenchmark } from "./command.ts";
import { parseArguments } from "./engine/arguments.ts";
import { surroundings } from "./engine/machine.ts";
import { measureOpenTofu, openTofu } from "./engine/opentofu.ts";
import { measureNodeforge, operations, type Result } from "./engine/operations.ts";
import { print, reportOf } from "./engine/report.ts";

await runBenchmark(main);

async function main(): Promise<void> {
  const { workers, tools, json, ...plan } = parseArguments(process.argv.slice(2));
  const facts = await surroundings(plan.journal);
  if (tools.includes("opentofu")) await openTofu();
  const file =
    json === undefined ? inCheckout(".bench", `engine-${facts.date.replaceAll(":", "-")}.json`) : resolve(json);
  mkdirSync(dirname(file), { recursive: true });
  const results: Result[] = [];
  const report = (result: Result) => {
    const { tool, operation, outcome, wall, reason } = result;
    results.push(result);
    logLine(`${tool}, ${result.workers} workers, ${operations[operation]}: ${outcome} after ${wall.toFixed(0)} s`);
    if (reason !== undefined) logLine(reason);
    // A run of thousands of workers takes hours, and may be interrupted.
    writeFileSync(file, `${JSON.stringify(reportOf(facts, results), undefined, 2)}\n`);
  };
  for (const tool of tools) {
    for (const size of workers) {
      const before = results.length;
      await { nodeforge: measureNodeforge, opentofu: measureOpenTofu }[tool](size, plan, report);
      // A larger stack would be stopped, too, and take the whole limit.
      if (results.slice(before).some(({ operation, outcome }) => operation === "up" && outcome !== "done")) break;
    }
  }
  const result = reportOf(facts, results);
  console.log(print(result));
  logLine(`${file} has the results`);
  if (results.some(({ outcome }) => outcome === "failed") || result.goals.some(({ verdict }) => verdict === "missed"))
    process.exitCode = 1;
}
