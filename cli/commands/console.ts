import { openConsole } from "../machines/console.ts";
import { machineOf } from "../machines/machine.ts";
import { openSession } from "../session.ts";
import { readState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Opens the serial console of a node. */
export const command = defineCommand<StackOptions>({
  name: "console",
  purpose:
    "Opens the serial console of a node's machine, for a node that does not answer on its network. Ctrl+] closes it. " +
    "Another session on the same console ends.",
  options: stackOptions,
  takes: { node: "name of the node" },
  examples: {
    "npm run console -- master": "the control plane of the stack dev",
    "npm run console -- worker-node-1 --stack lab": "a worker of the stack lab",
  },
  async run(options, [name = ""]) {
    const choice = choiceOf(options);
    const session = await openSession(choice, { image: false, hypervisor: true, plugins: false });
    return openConsole(machineOf(await readState(session), choice.stack, name));
  },
});
