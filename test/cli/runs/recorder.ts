/** A process of its own that records a run of fake-pulumi.sh: `recorder.ts FOLDER ENDING`. */
import { openRun } from "../../../cli/runs/run.ts";
import { fakeSession } from "./fake-session.ts";

const [folder, ending = ""] = process.argv.slice(2);
const { session, root } = fakeSession(folder);
const run = await openRun(session, { command: "up", args: [ending] }, root);
process.exitCode = await run.pulumi(["up", "--stack", session.stack, ending]);
await run.finish({ exitCode: process.exitCode });
