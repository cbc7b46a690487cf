import { Option } from "commander";
import { loginOf } from "../node-ssh.ts";
import { machineOf } from "../machines/machine.ts";
import { journalCommand, runOnNode } from "../machines/node-session.ts";
import { openSession } from "../session.ts";
import { readState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, wholeNumber, type StackOptions } from "./options.ts";

interface LogsOptions extends StackOptions {
  readonly follow?: boolean;
  readonly since?: string;
  readonly lines?: number;
}

/** Prints the journal of a node. */
export const command = defineCommand<LogsOptions>({
  name: "logs",
  purpose:
    "`npm run logs -- NODE [UNIT]` prints lines of a node's journal: of one unit, or without a unit of the kubelet, containerd " +
    "and nodeforge's own units. What `kubeadm join` printed is in the run's log: npm run runs -- show latest",
  options: () => [
    ...stackOptions(),
    new Option("-f, --follow", "print new lines until Ctrl-C"),
    new Option("--since <time>", 'print lines since a time, such as "10 min ago" or "2026-01-31 12:00"'),
    new Option("-n, --lines <count>", "print this many lines (default: 200, and all with --since)").argParser(
      wholeNumber(7),
    ),
  ],
  passesTo: { program: "journalctl", help: "man journalctl" },
  examples: {
    "npm run logs -- worker-node-1": "why a node is not Ready",
    "npm run logs -- master kube-apiserver --follow": "the API server, until Ctrl-C",
    'npm run logs -- master etcd --since "10 min ago"': "the last ten minutes of etcd",
    "npm run logs -- master kubelet --boot=-1": "an option of journalctl: the boot before this one",
  },
  async run(options, args) {
    const [name, ...rest] = args;
    if (name === undefined || name.startsWith("-")) {
      throw new Error(`logs: expected the name of a node first, got ${name ?? "nothing"}. Fix: npm run logs -- --help`);
    }
    const unit = rest[0]?.startsWith("-") === false ? rest[0] : undefined;
    const more = (unit === undefined ? rest : rest.slice(1)).filter((word) => word !== "--");
    const choice = choiceOf(options);
    const session = await openSession(choice, { image: false, hypervisor: false, plugins: false });
    const machine = machineOf(await readState(session), choice.stack, name);
    const login = loginOf(session.settings(), session);
    const { follow, since, lines } = options;
    return runOnNode(machine, login, journalCommand(login.user, { unit, follow, since, lines, more }));
  },
});
