/**
 * A process of its own that runs `pulumi up` on its terminal with the lines of each node:
 * `terminal-up.ts FOLDER ARGUMENTS...`. The folder gets the exit code and the recorded output.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inCheckout } from "../../lib/checkout.ts";
import { runInteractively } from "../../lib/process.ts";
import { UpdateView } from "../../cli/progress/update-view.ts";
import { RunLog } from "../../cli/runs/run-log.ts";

const [folder = "", ...args] = process.argv.slice(2);
const log = new RunLog(folder);
const screen = log.begin(args);
const view = await UpdateView.open(args);
const onOutput = Object.assign((text: string) => screen.write(text), { hides: view?.hidesPulumi ?? (() => false) });
const code = await runInteractively("pulumi", [...args, ...(view?.options ?? [])], {
  cwd: inCheckout(),
  env: { ...process.env, ...view?.variables },
  onOutput,
});
await view?.[Symbol.asyncDispose]();
await log.save();
screen.close();
writeFileSync(join(folder, "exit-code"), String(code));
console.log(view?.totals().join("\r\n"));
