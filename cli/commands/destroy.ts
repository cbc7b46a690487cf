import { agreeingCommand, agrees, confirm, isUnattended } from "../consent/consent.ts";
import { describeStack } from "../consent/destruction.ts";
import { concernsResource, explainingFailure } from "../diagnose/after-failure.ts";
import { removeDeadContext } from "../kubeconfig/context.ts";
import { recover } from "../recovery/recover.ts";
import { startStoppedForDeletion } from "../recovery/restart.ts";
import { refuseSharedVolumes } from "../recovery/shared-volumes.ts";
import { diagnosisFolder } from "../runs/folder.ts";
import { RunLog } from "../runs/run-log.ts";
import { openStack } from "../session.ts";
import type { Session } from "../stack/session.ts";
import { removeKubeconfig } from "../stack/outputs.ts";
import { withoutProtection } from "../stack/protection.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Deletes the cluster and its kubeconfig. Keeps the stack and its history. */
export const command = defineCommand<StackOptions>({
  name: "destroy",
  purpose:
    "Deletes the cluster of a stack: machines, volumes with their data, network and storage pool, the kubeconfig in this " +
    "checkout, and the cluster's context in yours. Lists them and asks first. The stack, its settings and its history stay.\n\n" +
    "Refused while another stack uses a volume of this one. Without a terminal, `destroy` needs --yes.",
  options: stackOptions,
  passesTo: { program: "pulumi destroy", help: "npm run pulumi -- destroy --help", shares: ["--config-file"] },
  examples: {
    "npm run destroy": "delete the cluster of the stack dev",
    "npm run destroy -- --stack lab --yes": "the stack lab, without a question",
    "npm run destroy -- --preview-only": "only show the deletions",
  },
  async run(options, args) {
    const choice = choiceOf(options);
    const { stack } = choice;
    if (isUnattended(args)) {
      throw new Error(
        `destroy deletes the machines, volumes and data of stack ${stack}, and there is no terminal to confirm it; ` +
          `nothing was changed. To agree: ${agreeingCommand("destroy", stack, args)}`,
      );
    }
    const session = await openStack(choice, { image: false, hypervisor: true, follows: ["destroy", ...args] });
    // No other command changes the state meanwhile, because recover holds the stack.
    const { state } = await recover(session);
    await refuseSharedVolumes(state);
    const agreed: string[] = [];
    if (!args.includes("--preview-only") && !agrees(args)) {
      if (state.resources.length > 0) {
        console.error(describeStack(state.resources, stack, args));
        if (!(await confirm("Destroy this?"))) {
          console.error("confirmation declined, not proceeding with the destroy");
          return 0;
        }
      }
      agreed.push("--yes");
    }
    await startStoppedForDeletion(state);
    try {
      const code = await destroy(session, ["destroy", "--stack", stack, ...args, ...agreed]);
      if (code === 0) await removeKubeconfig(session);
      return code;
    } finally {
      if (!args.includes("--preview-only")) await removeDeadContext(session, state);
    }
  },
});

/**
 * Runs `pulumi destroy` without the protection of data. Explains a failure by the run's output, because a state that is half
 * deleted looks like an incomplete cluster.
 */
async function destroy(session: Session, args: readonly string[]): Promise<number> {
  const folder = diagnosisFolder(session.stack);
  const log = new RunLog();
  const screen = log.begin(args);
  const run = () => session.pulumi(args, (text) => screen.write(text));
  try {
    const printed = async () => ({ folder, log: await log.text() });
    return await explainingFailure(session, () => withoutProtection(session, run), printed, concernsResource);
  } finally {
    screen.close();
  }
}
