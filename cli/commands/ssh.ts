import { loginOf } from "../node-ssh.ts";
import { machineOf } from "../machines/machine.ts";
import { runOnNode } from "../machines/node-session.ts";
import { openSession } from "../session.ts";
import { readState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { stackOption } from "./options.ts";

/** Opens a shell on a node, or runs a command there. */
export const command = defineCommand<{ readonly stack: string }>({
  name: "ssh",
  purpose:
    "Opens a shell on a node, or runs a command there, as the stack's user with the stack's key. The host key comes from the " +
    "stack's state, so ssh asks nothing. The exit code is the command's.\n\n" +
    "The first argument names the node. --stack comes before it, because everything after the node belongs to the command.",
  // `-s` is an option of ssh.
  options: () => [stackOption("--stack <name>")],
  passesTo: { program: "ssh NODE", help: "man ssh", keepsHelp: true, keepsOptions: true },
  examples: {
    "npm run ssh -- master": "a shell on the control plane",
    "npm run ssh -- worker-node-1 -- uptime -p": "one command",
    "npm run ssh -- --stack lab master": "the stack lab",
  },
  async run({ stack }, [name, ...rest]) {
    const words = rest[0] === "--" ? rest.slice(1) : rest;
    if (name === undefined || name.startsWith("-")) {
      throw new Error(`ssh: expected the name of a node first, got ${name ?? "nothing"}. Fix: npm run ssh -- --help`);
    }
    const session = await openSession({ stack }, { image: false, hypervisor: false, plugins: false });
    const machine = machineOf(await readState(session), stack, name);
    return runOnNode(machine, loginOf(session.settings(), session), words);
  },
});
