import { run } from "../lib/process.ts";

/**
 * Refuses a command line of Pulumi with an unknown option, a wrong value or a missing value. Pulumi itself would refuse it only
 * after the preparation of a run. Takes a tenth of a second, and runs nothing.
 * @param cli Path of the Pulumi CLI.
 * @param args Subcommand of Pulumi with its options.
 * @throws with Pulumi's reason.
 */
export async function refuseWrongOptions(cli: string, [subcommand = "", ...args]: readonly string[]): Promise<void> {
  // A later `--help=false` would undo the one below, and Pulumi would run.
  if (!args.some((argument) => argument.startsWith("-")) || args.some((argument) => /^(--help|-h)\b/.test(argument)))
    return;
  try {
    // Pulumi reads every option before it prints its help. In front, `--help` cannot be the value of another option.
    await run(cli, [subcommand, "--help", ...args], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  } catch (error) {
    const reason = /^error: (.*)$/m.exec((error as Error).message)?.[1];
    // Another failure says nothing about the options.
    if (reason === undefined) return;
    throw new Error(
      `npm run ${subcommand}: pulumi ${subcommand} refuses an option: ${reason}\n` +
        `Fix: \`npm run ${subcommand} -- --help\` and \`npm run pulumi -- ${subcommand} --help\` show the options`,
      { cause: error },
    );
  }
}
