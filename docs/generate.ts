/** Writes the pages of docs/ that follow from the code: `npm run docs`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { exampleGraph } from "../test/cli/graph/example.ts";
import { nixpkgsLib } from "../test/support/parity/nixpkgs-lib.ts";
import { withCisList } from "./cis.ts";
import { configurationPage } from "./configuration.ts";
import { nixosOptionsPage } from "./nixos-options.ts";
import { svg } from "../cli/graph/svg.ts";
import { scenarioSchema } from "../cli/bench/scenario/schema.ts";
import { runRecordPage } from "./run-record.ts";
import { stackSchema } from "./stack-schema.ts";
import { parseCast } from "./terminal/recording.ts";
import { terminalSvg } from "./terminal/terminal-svg.ts";
import { troubleshootingPage } from "./troubleshooting.ts";

const write = (name: string, text: string) => writeFileSync(new URL(name, import.meta.url), text);

write("configuration.md", configurationPage());
write("run-record.md", runRecordPage());
write("troubleshooting.md", troubleshootingPage());
write("security.md", withCisList(readFileSync(new URL("security.md", import.meta.url), "utf8")));
write("stack.schema.json", `${JSON.stringify(stackSchema(), null, 2)}\n`);
write("scenario.schema.json", `${JSON.stringify(scenarioSchema, null, 2)}\n`);
mkdirSync(new URL("images", import.meta.url), { recursive: true });
write("images/graph.svg", svg(exampleGraph()));
const cast = readFileSync(new URL("images/up.cast", import.meta.url), "utf8");
write("images/up.svg", await terminalSvg(parseCast(cast)));
const lib = nixpkgsLib();
if (lib === undefined)
  console.error("docs/nixos-options.md is left as it is: NIXPKGS_LIB names no copy of nixpkgs' lib");
else write("nixos-options.md", await nixosOptionsPage(lib));
