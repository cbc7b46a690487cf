/**
 * Runs Kubernetes' conformance tests against the cluster of a stack, and records the results in a folder of runs/.
 *
 * Usage: npm run test:conformance [-- --stack NAME --focus REGEX --all | --bare] [--dry-run] [--json]
 *
 * Nodes of the image pull nothing, so only the cases run that need no image of a registry. The exit code is 1 where a case fails
 * or does not run, 130 after Ctrl-C, and 2 for wrong arguments.
 */
import { CommanderError } from "commander";
import { columns } from "../lib/table.ts";
import { parseArguments, type Arguments } from "./conformance/arguments.ts";
import { testBareCluster } from "./conformance/bare-cluster.ts";
import { testStack } from "./conformance/on-stack.ts";
import { conformanceProgram } from "./conformance/program.ts";
import { exitCodeOf, reportJson, reportText } from "./conformance/report.ts";
import { readRequirements, select, type Selection } from "./conformance/requirements.ts";
import { upstreamCases } from "./conformance/upstream.ts";

try {
  process.exitCode = await main(parseArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof CommanderError)) console.error((error as Error).message);
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : 1;
}

async function main(given: Arguments): Promise<number> {
  const { stack, dryRun, json } = given;
  const program = await conformanceProgram();
  const selection = select(await upstreamCases(program), readRequirements(), given);
  if (dryRun) {
    console.log(json ? JSON.stringify(selection, undefined, 2) : listing(selection));
    return 0;
  }
  if (selection.chosen.length === 0)
    throw new Error(`every case that matches needs an image of a registry. Fix: add --all where the nodes reach one`);
  const cases = { selection, program, args: argumentsOf(given) };
  const report = stack === undefined ? await testBareCluster(cases) : await testStack(stack, cases);
  process.stdout.write(json ? reportJson(report) : `${reportText(report)}\n`);
  return exitCodeOf(report);
}

/** Arguments for the record, which has no choice of the stack. */
function argumentsOf({ stack, all, focus }: Arguments): readonly string[] {
  const bare = stack === undefined ? ["--bare"] : [];
  return [...bare, ...(all ? ["--all"] : []), ...(focus === undefined ? [] : ["--focus", focus.source])];
}

function listing({ chosen, leftOut }: Selection): string {
  const rows = [
    ...chosen.map((name) => ["runs", name, ""]),
    ...leftOut.map(({ name, reason }) => ["left out", name, reason]),
  ];
  return `${columns([["", "CASE", "REASON"], ...rows])}\n\n${chosen.length} run, ${leftOut.length} are left out`;
}
