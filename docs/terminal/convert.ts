/**
 * Writes a recording of script(1) as the asciicast v2 file that `npm run docs` draws docs/images/up.svg from. Record a new one on
 * a terminal of 100 columns and 30 rows, and draw it:
 *
 * ```sh
 * script --log-out up.out --log-timing up.timing --command "npm run up -- --yes"
 * bash tools/with-packages docs/terminal/convert.ts up.out up.timing "npm run up -- --yes" docs/images/up.cast
 * npm run docs
 * ```
 *
 * A path under the checkout becomes `~/nodeforge`, and one under your home folder `~`. Name other texts that the recording must not
 * show, and their replacements: `/tmp/kubeconfig=~/.kube/config`. A secret becomes `[redacted]`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { checkout } from "../../lib/checkout.ts";
import { castOf } from "./recording.ts";
import { outputsOf, replaced, shortened } from "./script-log.ts";

const [out, timing, command, cast, ...texts] = process.argv.slice(2);
if (out === undefined || timing === undefined || command === undefined || cast === undefined)
  throw new Error(
    `Expected OUT, TIMING, COMMAND and CAST, and got ${JSON.stringify(process.argv.slice(2))}. ` +
      "Fix: bash tools/with-packages docs/terminal/convert.ts OUT TIMING COMMAND CAST [TEXT=SHOWN...]",
  );
const outputs = replaced(outputsOf({ out: readFileSync(out), timing: readFileSync(timing, "utf8") }), [
  ...texts.map((text) => [text.replace(/=.*/, ""), text.replace(/[^=]*=?/, "")] as const),
  [checkout, "~/nodeforge"],
  [homedir(), "~"],
]);
writeFileSync(cast, castOf(await shortened({ width: 100, height: 30, command, outputs })));
