import { CommanderError } from "commander";

/** Runs a benchmark. Its exit code is 2 when the parser refuses the arguments, and 0 after `--help`. */
export async function runBenchmark(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}
