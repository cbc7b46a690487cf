import type { Command } from "../cli.ts";
import { removeKubeconfig } from "../cluster.ts";
import { concernsResource, explainingFailure } from "../diagnose/after-failure.ts";
import { diagnosisFolder } from "../diagnose/explain.ts";
import { withoutProtection } from "../protection.ts";
import { RunLog } from "../runs/run-log.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack.ts";
import { setGoingToDelete } from "../set-going.ts";
import { readState } from "../stack-state.ts";
import { takeOver } from "../takeover.ts";

/**
 * Removes the cluster and the kubeconfig that was written for it; the stack and its history stay. A failure is explained by
 * what the run printed: the state alone, half of it gone on purpose, would look like a cluster that was never finished.
 */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  const destroy = ["destroy", "--stack", stack, ...rest];
  if (asksForHelp(rest)) return session.pulumi(destroy);
  await takeOver(session);
  await setGoingToDelete(await readState(session));

  const folder = diagnosisFolder(stack);
  const log = new RunLog();
  const screen = log.begin(destroy);
  const work = () => withoutProtection(session, () => session.pulumi(destroy, (text) => screen.write(text)));
  try {
    const printed = async () => ({ folder, log: await log.text() });
    const code = await explainingFailure(session, work, printed, concernsResource);
    if (code === 0) await removeKubeconfig(session);
    return code;
  } finally {
    screen.close();
  }
};
