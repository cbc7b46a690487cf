/** Writes docs/configuration.md from what Pulumi.yaml declares: `npm run docs`. */
import { writeFileSync } from "node:fs";
import { configurationPage } from "./configuration.ts";

writeFileSync(new URL("configuration.md", import.meta.url), configurationPage());
