import { rm } from "node:fs/promises";
import type { Command } from "../cli.ts";
import { kubeconfigPath } from "../cluster.ts";
import { withoutProtection } from "../protection.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack.ts";
import { takeOver } from "../takeover.ts";

/** Removes the cluster and the kubeconfig that was written for it; the stack and its history stay. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  const destroy = () => session.pulumi(["destroy", "--stack", stack, ...rest]);
  if (asksForHelp(rest)) return destroy();
  await takeOver(session);
  const code = await withoutProtection(session, destroy);
  if (code === 0) await rm(kubeconfigPath(stack), { force: true });
  return code;
};
