import { Option } from "commander";
import { agreeingCommand, agrees, confirm, isUnattended } from "../consent/consent.ts";
import { clusterWait } from "../machines/cluster-ready.ts";
import { holdMachines } from "../machines/held.ts";
import { revertTo, snapshotToRevert } from "../machines/revert.ts";
import { startStopped } from "../recovery/restart.ts";
import { resourceType } from "../../names.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, minutesOption, stackOptions, type StackOptions } from "./options.ts";

interface RevertOptions extends StackOptions {
  readonly timeout: number;
  readonly yes?: boolean;
}

/** Brings a cluster back to a snapshot. */
export const command = defineCommand<RevertOptions>({
  name: "revert",
  purpose:
    "Brings disks and memory of every machine of a stack back to a snapshot, sets the clocks, and waits until all nodes are " +
    "Ready. Everything since the snapshot is lost, so it asks first.\n\n" +
    "Refused where a node was created, replaced or removed since the snapshot. Pulumi's state does not go back: run `up` " +
    "after a revert over a change of the configuration.",
  options: () => [...stackOptions(), minutesOption(), new Option("-y, --yes", "revert without a question")],
  takes: { name: "name of the snapshot" },
  examples: {
    "npm run revert -- before-test": "the stack dev",
    "npm run revert -- before-test --stack lab --yes": "the stack lab, without a question",
  },
  async run(options, [name = ""]) {
    const choice = choiceOf(options);
    const given = options.yes === true ? ["--yes"] : [];
    if (isUnattended(given)) {
      throw new Error(
        `revert loses everything since snapshot ${name}, and there is no terminal to confirm it; nothing was changed. ` +
          `To agree: ${agreeingCommand("revert", choice.stack, [name])}`,
      );
    }
    const { session, state, machines } = await holdMachines(choice);
    const snapshot = await snapshotToRevert(name, machines);
    const question = `Revert ${machines.length} machines of stack ${choice.stack} to ${name} of ${snapshot.created}?`;
    if (!agrees(given) && !(await confirm(`${question} Everything since then is lost.`))) {
      console.error("confirmation declined, not proceeding with the revert");
      return 0;
    }
    const { api, nodes } = await clusterWait(session, state, options.timeout);
    // A machine needs its pool and its network before it can be paused at its start.
    await startStopped({ ...state, resources: state.resources.filter(({ type }) => type !== resourceType.domain) });
    await revertTo(snapshot, machines);
    await api();
    await nodes();
    console.log(`the cluster is back at ${name} of ${snapshot.created}`);
    return 0;
  },
});
