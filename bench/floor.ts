/**
 * Compares `npm run up` with the shortest bring-up that the same image and scripts allow, and with the order by hand. All three
 * run one after the other on the same machines, with a hypervisor of their own in namespaces. Needs root.
 *
 * Usage: npm run bench:floor [-- --workers 2,3]
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { execa } from "execa";
import { inCheckout } from "../lib/checkout.ts";
import { prepareTier } from "../test/support/prepare.ts";
import { runBenchmark } from "./command.ts";
import { provenance } from "./provenance.ts";

await runBenchmark(main);

async function main(): Promise<void> {
  const workers = parseWorkers(process.argv.slice(2));
  const { date, commit, machine } = await provenance();
  console.log(`${date}, commit ${commit}\n${machine.processor}, ${machine.processors} processors`);
  const { wrapper, environment } = await prepareTier("e2e");
  const program = inCheckout("bench", "floor", "in-lab.ts");
  const [file = "", ...args] = [...wrapper, process.execPath, program, ...workers];
  const { exitCode } = await execa(file, args, { stdio: "inherit", reject: false, env: environment });
  process.exitCode = exitCode ?? 1;
}

/** Returns the numbers of workers. @throws {CommanderError} for an unknown option or a wrong value, and for `--help`. */
function parseWorkers(args: readonly string[]): readonly string[] {
  const parser = new Command("npm run bench:floor --")
    .description("Compares up with the shortest bring-up of the same image, and with the order by hand.")
    .addOption(new Option("--workers <numbers>", "numbers of workers").default(["2", "3"]).argParser(numbers))
    .exitOverride();
  return parser.parse(args, { from: "user" }).opts<{ readonly workers: readonly string[] }>().workers;
}

function numbers(text: string): readonly string[] {
  const parts = text.split(",");
  if (parts.every((part) => /^[1-9]\d?$/.test(part))) return parts;
  throw new InvalidArgumentError("Expected whole numbers from 1 to 99, such as 2,3.");
}
