import { Option } from "commander";
import { holdMachines } from "../machines/held.ts";
import { machinesOrFail } from "../machines/machine.ts";
import { checkName, snapshotListing, snapshotsOf } from "../machines/snapshots.ts";
import { removeSnapshot, takeSnapshot } from "../machines/take-snapshot.ts";
import { openSession } from "../session.ts";
import type { StackChoice } from "../stack/settings.ts";
import { readState } from "../stack/state.ts";
import { defineCommand, type Command, type Declaration } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

interface ListOptions extends StackOptions {
  readonly json?: boolean;
}

const list: Declaration<ListOptions> = {
  name: "list",
  purpose: "Lists the snapshots of a stack, the oldest first, and says which of them `revert` accepts.",
  options: () => [...stackOptions(), new Option("--json", "print the snapshots as JSON")],
  examples: { "npm run snapshot -- list --json": "as JSON" },
  async run(options) {
    await printList(choiceOf(options), options.json ?? false);
    return 0;
  },
};

const remove: Declaration<StackOptions> = {
  name: "delete",
  purpose: "Deletes a snapshot of a stack. The cluster goes on.",
  options: stackOptions,
  takes: { name: "name of the snapshot" },
  examples: { "npm run snapshot -- delete before-test": "the snapshot before-test" },
  async run(options, [name = ""]) {
    const { machines } = await holdMachines(choiceOf(options));
    await removeSnapshot(name, machines);
    console.log(`deleted snapshot ${name}`);
    return 0;
  },
};

async function printList(choice: StackChoice, asJson: boolean): Promise<void> {
  const session = await openSession(choice, { image: false, hypervisor: true, plugins: false });
  const machines = machinesOrFail(await readState(session), choice.stack);
  console.log(snapshotListing(await snapshotsOf(machines), asJson));
}

const purpose =
  "`npm run snapshot -- NAME` saves disks and memory of every machine of a stack at one point. The cluster is suspended " +
  "meanwhile, for some seconds. `revert` brings it back to this point, for example before each benchmark.\n\n" +
  "The disks keep the snapshot. It is lost with its machine, so `up` makes it useless where it replaces a node.";

const overview: Command = defineCommand({
  name: "snapshot",
  purpose,
  subcommands: [list, remove] as readonly Declaration[],
  examples: {
    "npm run snapshot -- before-test": "take the snapshot before-test",
    "npm run snapshot -- before-test --stack lab": "of the stack lab",
    "npm run snapshot -- list": "all snapshots",
    "npm run snapshot -- delete before-test": "delete it",
  },
  run: () => overview(["list"]),
});

const take = defineCommand<StackOptions>({
  name: "snapshot",
  purpose,
  options: stackOptions,
  takes: { name: "name of the new snapshot" },
  examples: { "npm run snapshot -- before-test": "take the snapshot before-test" },
  async run(options, [name = ""]) {
    checkName(name);
    const { machines } = await holdMachines(choiceOf(options));
    await takeSnapshot(name, machines);
    return 0;
  },
});

/** Words that begin a declared subcommand or its help. Every other first word is the name of a new snapshot. */
const first = [undefined, "list", "delete", "-h", "--help"];

/** Takes, lists and deletes snapshots of a cluster. */
export const command: Command = Object.assign(
  (args: readonly string[]) => (first.includes(args[0]) ? overview : take)(args),
  { declaration: overview.declaration },
);
