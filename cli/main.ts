import { Command as Parser, CommanderError } from "commander";
import { logLine } from "../lib/log.ts";
import { earlyTransfers } from "../lib/transfers.ts";
import { commands } from "./commands/all.ts";

// Nothing can be printed on a terminal that was closed. A command still has to finish its work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EIO") throw error;
  });
}

const [name, ...args] = process.argv.slice(2);
const parser = new Parser("npm run")
  .usage("<command> [-- arguments]")
  .helpCommand(false)
  .showHelpAfterError()
  .exitOverride();
for (const [word, { summary, load }] of Object.entries(commands)) {
  parser
    .command(word)
    .summary(summary)
    .usage("[-- arguments]")
    .action(async () => {
      const { command } = await load();
      process.exitCode = await command(args);
    });
}
try {
  // The command parses its own arguments, `--help` among them.
  await parser.parseAsync(name === undefined ? [] : [name], { from: "user" });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    logLine(error instanceof Error ? error.message : String(error));
    if (process.env.NODEFORGE_DEBUG) console.error(error);
    process.exitCode = 1;
  }
} finally {
  // A refused command must not wait for files that it no longer needs. The next command continues them.
  await earlyTransfers.stop();
}
