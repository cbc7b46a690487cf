import { Option } from "commander";
import { holdMachines } from "../machines/held.ts";
import { changeReport } from "../machines/report.ts";
import { stopMachines } from "../machines/stop.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, wholeNumber, type StackOptions } from "./options.ts";

interface StopCommandOptions extends StackOptions {
  readonly shutdown?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** Stops the machines of a cluster. */
export const command = defineCommand<StopCommandOptions>({
  name: "stop",
  purpose:
    "Stops every machine of a stack, the workers first. libvirt saves the memory of each machine to its disk, so `start` " +
    "continues where the machine was. With --shutdown the guests shut down instead, and `start` boots them. A machine that is " +
    "off stays as it is. `up` starts the machines, too, and so does a restart of the hypervisor.",
  options: () => [
    ...stackOptions(),
    new Option("--shutdown", "shut the guests down, and save no memory"),
    new Option("--timeout <seconds>", "limit of the shutdown of one machine").default(180).argParser(wholeNumber(5)),
    new Option("--json", "print the machines as JSON"),
  ],
  examples: {
    "npm run stop": "save and stop the machines of the stack dev",
    "npm run stop -- --shutdown": "shut them down",
  },
  async run(options) {
    const { machines } = await holdMachines(choiceOf(options));
    const { shutdown = false, timeout, json = false } = options;
    console.log(changeReport(await stopMachines(machines, { shutdown, timeoutSeconds: timeout }), json));
    return 0;
  },
});
