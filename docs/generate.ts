/** Writes the pages that say what something else declares: docs/configuration.md and docs/run-record.md (`npm run docs`). */
import { writeFileSync } from "node:fs";
import { configurationPage } from "./configuration.ts";
import { runRecordPage } from "./run-record.ts";

writeFileSync(new URL("configuration.md", import.meta.url), configurationPage());
writeFileSync(new URL("run-record.md", import.meta.url), runRecordPage());
