import { readFile } from "node:fs/promises";
import { Option } from "commander";
import { virshFor } from "../../libvirt/virsh.ts";
import { findContext } from "../kubeconfig/context.ts";
import { kubectlWith } from "../machines/readiness.ts";
import { readStatus } from "../overview/status.ts";
import { statusText } from "../overview/status-text.ts";
import { listRuns } from "../runs/archive.ts";
import { openSession } from "../session.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { readState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

interface StatusOptions extends StackOptions {
  readonly json?: boolean;
}

/** Shows a stack's cluster on one screen. */
export const command = defineCommand<StatusOptions>({
  name: "status",
  purpose:
    "Shows the cluster of a stack: its nodes with their machines, the API server, the end of the certificates, the last run, and " +
    "the context in your kubeconfig. Names each part that is not in order, with a fix. Changes nothing in the cluster. The exit " +
    "code is 1 where a part is not in order.",
  options: () => [...stackOptions(), new Option("--json", "print the status as JSON")],
  examples: {
    "npm run status": "the cluster of the stack dev",
    "npm run --silent status -- --stack lab --json": "the stack lab, for a program",
  },
  async run(options) {
    const choice = choiceOf(options);
    const session = await openSession(choice, { image: false, hypervisor: true, plugins: false });
    const state = await readState(session);
    const path = await writeKubeconfig(session).catch((error: unknown) => error as Error);
    const kubeconfig = path instanceof Error ? path : await readFile(path, "utf8");
    // Without a kubeconfig, no question reaches kubectl.
    const ask = path instanceof Error ? () => Promise.reject(path) : await kubectlWith(path);
    const status = await readStatus({
      ...{ stack: choice.stack, state, kubeconfig, ask },
      connect: virshFor,
      runs: await listRuns(),
      context: await findContext(state),
    });
    console.log(options.json ? JSON.stringify(status, undefined, 2) : statusText(status));
    return status.hints.length === 0 ? 0 : 1;
  },
});
