import { holdStack } from "../../cli/recovery/hold-stack.ts";
import { openSession } from "../../cli/session.ts";
import { readOutputs } from "../../cli/stack/outputs.ts";
import type { StackChoice } from "../../cli/stack/settings.ts";
import { interruptible } from "./interruptible.ts";
import type { Cases } from "./recorded-run.ts";
import type { Report } from "./report.ts";
import { recordCases } from "./stack-cases.ts";

/** Milliseconds in which another command on the stack may end. A user who starts two by mistake learns it at once. */
const patience = 2_000;

/** Runs cases against the cluster of a stack, which no other command may change meanwhile, and records the run. */
export async function testStack(choice: StackChoice, cases: Cases): Promise<Report> {
  const session = await openSession(choice, { image: false, hypervisor: false, plugins: false });
  const hold = await holdStack(session, { wait: patience, command: "test:conformance" });
  try {
    // Refuses a stack without a cluster before a record begins.
    await readOutputs(session);
    const told = "the present case cleans up, and the namespaces are deleted";
    return await interruptible(told, (signal) => recordCases(session, cases, signal));
  } finally {
    hold.release();
  }
}
