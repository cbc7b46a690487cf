/** Writes the pages of docs/ that follow from the code: `npm run docs`. */
import { writeFileSync } from "node:fs";
import { configurationPage } from "./configuration.ts";
import { runRecordPage } from "./run-record.ts";
import { troubleshootingPage } from "./troubleshooting.ts";

writeFileSync(new URL("configuration.md", import.meta.url), configurationPage());
writeFileSync(new URL("run-record.md", import.meta.url), runRecordPage());
writeFileSync(new URL("troubleshooting.md", import.meta.url), troubleshootingPage());
