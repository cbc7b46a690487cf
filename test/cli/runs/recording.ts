import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { RunRecord } from "../../../cli/runs/record.ts";
import { openRun } from "../../../cli/runs/run.ts";
import schema from "../../../docs/run-record.schema.json" with { type: "json" };
import { fakeSession } from "./fake-session.ts";
import { temporaryFolder } from "../../support/folder.ts";

/** Whether a record matches its schema. */
export const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

/** Secret that fake-pulumi.sh prints. */
export const token = "abcdef.0123456789abcdef";

/** Returns a session with fake-pulumi.sh in a folder that is removed after the test. */
export function prepare() {
  return fakeSession(temporaryFolder());
}

/** Records a run of fake-pulumi.sh. */
export async function record(ending: string, ...more: readonly string[]) {
  const fake = prepare();
  const run = await openRun(fake.session, { command: "up", args: ["--yes", ending] }, fake.root);
  const exitCode = await run.pulumi(["up", "--stack", "lab", ...more, ending]);
  await run.finish({ exitCode });
  return {
    ...fake,
    run,
    exitCode,
    record: readStored(run.folder),
    log: readFileSync(join(run.folder, "pulumi.log"), "utf8"),
  };
}

/** Reads the record of a run as it is in its file. */
export function readStored(folder: string): RunRecord {
  return JSON.parse(readFileSync(join(folder, "record.json"), "utf8")) as RunRecord;
}
