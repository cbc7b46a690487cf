import { runInteractively } from "../../lib/process.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { openSession } from "../session.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { defineCommand } from "./command.ts";
import { stackOption } from "./options.ts";

/** Runs kubectl as the cluster's administrator. */
export const command = defineCommand<{ readonly stack: string }>({
  name: "kubectl",
  purpose:
    "Runs kubectl as the administrator of a stack's cluster, in a version that fits the cluster. --stack comes first: every " +
    "option after the first argument belongs to kubectl, or to a program that it runs in a pod.",
  // `-s` is an option of kubectl.
  options: () => [stackOption("--stack <name>")],
  passesTo: { program: "kubectl", help: "npm run kubectl -- help", keepsHelp: true, keepsOptions: true },
  examples: {
    "npm run kubectl -- get nodes": "the nodes of the stack dev",
    "npm run kubectl -- --stack lab get pods -A": "the pods of the stack lab",
  },
  async run({ stack }, args) {
    const session = await openSession({ stack }, { image: false, hypervisor: false, plugins: false });
    const kubeconfig = await writeKubeconfig(session);
    return runInteractively(await kubectl(), args, { env: { ...process.env, KUBECONFIG: kubeconfig } });
  },
});
