import { diagnose } from "../diagnose/explain.ts";
import { diagnosisFolder } from "../runs/folder.ts";
import { openSession } from "../session.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Collects evidence about a cluster, finished or not, and names the likely cause of a failure. */
export const command = defineCommand<StackOptions>({
  name: "diagnose",
  purpose:
    "Collects evidence about a cluster, finished or not, from its nodes, libvirt and Kubernetes, and names the likely cause of " +
    "a failure. Takes at most 5 minutes, changes nothing, and writes a folder below runs/ that has no secrets. " +
    "The exit code is 1 if something is wrong.",
  options: stackOptions,
  examples: {
    "npm run diagnose": "the cluster of the stack dev",
    "npm run diagnose -- --stack lab": "the cluster of the stack lab",
  },
  async run(options) {
    // A hypervisor that is down is a finding. It must not be started.
    const session = await openSession(choiceOf(options), { image: false, hypervisor: false });
    const { healthy, text } = await diagnose(session, diagnosisFolder(session.stack));
    console.log(text);
    return healthy ? 0 : 1;
  },
});
