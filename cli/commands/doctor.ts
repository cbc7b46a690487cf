import { describe, examine, passes } from "../doctor/doctor.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Checks this machine. */
export const command = defineCommand<StackOptions>({
  name: "doctor",
  purpose:
    "Checks whether this machine can create the cluster of a stack, and names a fix for each failure. Changes nothing. " +
    "The exit code is 1 if a check fails.",
  options: stackOptions,
  examples: {
    "npm run doctor": "the checks for the stack dev",
    "npm run doctor -- --stack lab": "the checks for the stack lab",
  },
  async run(options) {
    const findings = await examine(choiceOf(options));
    console.log(describe(findings));
    return passes(findings) ? 0 : 1;
  },
});
