import { Option } from "commander";
import { clusterWait } from "../machines/cluster-ready.ts";
import { holdMachines } from "../machines/held.ts";
import { changeReport } from "../machines/report.ts";
import { startMachines } from "../machines/start.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, minutesOption, stackOptions, type StackOptions } from "./options.ts";

interface StartCommandOptions extends StackOptions {
  readonly timeout: number;
  readonly json?: boolean;
}

/** Starts the machines of a cluster. */
export const command = defineCommand<StartCommandOptions>({
  name: "start",
  purpose:
    "Starts every machine of a stack with its network and storage pool: the control plane first, and the workers once the API " +
    "server is ready. A machine with saved memory continues, and a paused one is resumed. Sets their clocks, and waits until " +
    "all nodes are Ready.",
  options: () => [...stackOptions(), minutesOption(), new Option("--json", "print the machines as JSON")],
  examples: {
    "npm run start": "the stack dev",
    "npm run start -- --timeout 30": "emulated machines, which boot slowly",
  },
  async run(options) {
    const { session, state, machines } = await holdMachines(choiceOf(options));
    const { api, nodes } = await clusterWait(session, state, options.timeout);
    const changes = await startMachines(state, machines, { whenControlPlaneRuns: api });
    await nodes();
    console.log(changeReport(changes, options.json ?? false));
    return 0;
  },
});
