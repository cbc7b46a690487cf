import type { Command } from "../main.ts";
import { removeKubeconfig } from "../stack/outputs.ts";
import { agreeing, agrees, confirm, isUnattended } from "../consent/consent.ts";
import { concernsResource, explainingFailure } from "../diagnose/after-failure.ts";
import { diagnosisFolder } from "../runs/folder.ts";
import { describeStack } from "../consent/destruction.ts";
import { withoutProtection } from "../stack/protection.ts";
import { RunLog } from "../runs/run-log.ts";
import { openSession, selectStack } from "../session.ts";
import { refuseSharedVolumes } from "../recovery/shared-volumes.ts";
import { asksForHelp, chooseStack } from "../stack/settings.ts";
import { startStoppedForDeletion } from "../recovery/restart.ts";
import { readState } from "../stack/state.ts";
import { recover } from "../recovery/recover.ts";

/**
 * Removes the cluster and the kubeconfig that was written for it, unless another stack's stands on a volume of it; the stack
 * and its history stay. Asks before anything is changed, the state's protection included. A failure is explained by what the
 * run printed: the state alone, half of it gone on purpose, would look like a cluster that was never finished.
 */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const isHelp = asksForHelp(rest);
  if (!isHelp && isUnattended(rest)) {
    throw new Error(
      `destroy deletes the machines, volumes and data of stack ${stack}, and nobody can be asked without a terminal; ` +
        `nothing was changed. To agree: ${agreeing("destroy", stack, rest)}`,
    );
  }
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  const destroy = ["destroy", "--stack", stack, ...rest];
  if (isHelp) return session.pulumi(destroy);
  await recover(session);
  // No other command changes it meanwhile, because `recover` holds the stack.
  const state = await readState(session);
  await refuseSharedVolumes(state);
  const isPreview = rest.includes("--preview-only");
  if (!isPreview && !agrees(rest)) {
    if (state.resources.length > 0) {
      console.error(describeStack(state.resources, stack, rest));
      if (!(await confirm("Destroy this?"))) {
        console.error("confirmation declined, not proceeding with the destroy");
        return 0;
      }
    }
    destroy.push("--yes");
  }
  await startStoppedForDeletion(state);

  const folder = diagnosisFolder(stack);
  const log = new RunLog();
  const screen = log.begin(destroy);
  const run = () => session.pulumi(destroy, (text) => screen.write(text));
  try {
    const printed = async () => ({ folder, log: await log.text() });
    const code = await explainingFailure(session, () => withoutProtection(session, run), printed, concernsResource);
    if (code === 0) await removeKubeconfig(session);
    return code;
  } finally {
    screen.close();
  }
};
