import { holdStack } from "../../cli/recovery/hold-stack.ts";
import { openSession } from "../../cli/session.ts";
import { readOutputs } from "../../cli/stack/outputs.ts";
import type { StackChoice } from "../../cli/stack/settings.ts";
import { logLine } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { recordCases, type Cases } from "./recorded-run.ts";
import type { Report } from "./report.ts";

/** Milliseconds in which another command on the stack may end. A user who starts two by mistake learns it at once. */
const patience = 2_000;

/** Runs cases against the cluster of a stack, which no other command may change meanwhile, and records the run. */
export async function testStack(choice: StackChoice, cases: Cases): Promise<Report> {
  const session = await openSession(choice, { image: false, hypervisor: false, plugins: false });
  const hold = await holdStack(session, { wait: patience, command: "test:conformance" });
  const stop = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted) logLine("interrupted: the present case cleans up, and the namespaces are deleted");
    stop.abort(new Error("the conformance tests were interrupted"));
  };
  try {
    // Refuses a stack without a cluster before a record begins.
    await readOutputs(session);
    return await outlivingInterrupt(() => recordCases(session, cases, stop.signal), onSignal);
  } finally {
    hold.release();
  }
}
