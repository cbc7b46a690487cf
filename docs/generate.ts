/** Writes the pages of docs/ that follow from the code: `npm run docs`. */
import { writeFileSync } from "node:fs";
import { nixpkgsLib } from "../test/support/parity/nixpkgs-lib.ts";
import { configurationPage } from "./configuration.ts";
import { nixosOptionsPage } from "./nixos-options.ts";
import { scenarioSchema } from "../cli/bench/scenario/schema.ts";
import { runRecordPage } from "./run-record.ts";
import { stackSchema } from "./stack-schema.ts";
import { troubleshootingPage } from "./troubleshooting.ts";

const write = (name: string, text: string) => writeFileSync(new URL(name, import.meta.url), text);

write("configuration.md", configurationPage());
write("run-record.md", runRecordPage());
write("troubleshooting.md", troubleshootingPage());
write("stack.schema.json", `${JSON.stringify(stackSchema(), null, 2)}\n`);
write("scenario.schema.json", `${JSON.stringify(scenarioSchema, null, 2)}\n`);
const lib = nixpkgsLib();
if (lib === undefined)
  console.error("docs/nixos-options.md is left as it is: NIXPKGS_LIB names no copy of nixpkgs' lib");
else write("nixos-options.md", await nixosOptionsPage(lib));
