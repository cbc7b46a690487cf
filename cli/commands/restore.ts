import { Option } from "commander";
import { findBackup, readHeader } from "../backup/folder.ts";
import { planRestore, restoreBackup } from "../backup/restore.ts";
import { verifyBackup } from "../backup/verify.ts";
import { agreeingCommand, agrees, confirm, isUnattended } from "../consent/consent.ts";
import { clusterStateOf } from "../diagnose/state.ts";
import { holdMachines } from "../machines/held.ts";
import { stackArguments } from "../stack/settings.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

interface RestoreCommandOptions extends StackOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** Restores the objects of a cluster from a backup. */
export const command = defineCommand<RestoreCommandOptions>({
  name: "restore",
  purpose:
    "Replaces every object of a stack's cluster by those of a backup, for example after its data disk was lost and `up` has made " +
    "a new control plane. Everything in the cluster since then is lost, so it asks first. A restore that fails brings the " +
    "former objects back.\n\n" +
    "Certificates and kubeconfig of the stack stay. A blank data disk gets those of the backup. Run `up` afterwards: it lets workers join again where they must.\n\n" +
    "Refused for a cluster of another name, and for another cluster that has objects of yours, without --force. Kubernetes " +
    "must have the same minor version.",
  options: () => [
    ...stackOptions(),
    new Option("--force", "restore onto a cluster of another name, or onto another cluster with objects"),
    new Option("-y, --yes", "restore without a question"),
  ],
  takes: { file: "path of the backup, or its name in backups/" },
  examples: {
    "npm run restore -- dev-2026-11-27T07-12-54Z.nodeforge-backup": "one of backups/, onto the stack dev",
    "npm run restore -- /mnt/lab.nodeforge-backup --stack lab --yes": "onto the stack lab, without a question",
  },
  async run(options, [name = ""]) {
    const choice = choiceOf(options);
    const { stack } = choice;
    const { force = false } = options;
    const path = findBackup(name);
    const { header } = await readHeader(path);
    const given = options.yes === true ? ["--yes"] : [];
    if (isUnattended(given)) {
      throw new Error(
        `restore loses every object of stack ${stack} that the backup does not have, and there is no terminal to confirm it; ` +
          `nothing was changed. To agree: ${agreeingCommand("restore", stack, [name, ...(force ? ["--force"] : [])])}`,
      );
    }
    const { session, state } = await holdMachines(choice);
    const plan = planRestore(header, state, force);
    const backup = await verifyBackup(path, session);
    const whose = plan.isSameCluster ? "this cluster" : `an earlier cluster ${header.cluster}`;
    const question = `Restore stack ${stack} from the backup of ${whose}, made ${header.created}?`;
    if (!agrees(given) && !(await confirm(`${question} Every object since then is lost.`))) {
      console.error("confirmation declined, not proceeding with the restore");
      return 0;
    }
    const { stay, again } = await restoreBackup(session, state, path, backup, plan);
    const next = `npm run up${["", ...stackArguments(stack)].join(" ").replace(" ", " -- ")}`;
    console.log(`the objects of ${header.created} are back`);
    if (stay.length > 0) console.log(`workers that stay: ${stay.join(", ")}`);
    const names = clusterStateOf(state).nodes.map((node) => node.name);
    const joining = again.filter((node) => names.includes(node));
    const foreign = again.filter((node) => !names.includes(node));
    if (joining.length > 0) console.log(`workers that join again at the next up: ${joining.join(", ")}`);
    if (foreign.length > 0) console.log(`Nodes removed, because the stack has no such machine: ${foreign.join(", ")}`);
    console.log(`next: ${next}`);
    return 0;
  },
});
