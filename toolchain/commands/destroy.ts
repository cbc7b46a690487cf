import { rm } from "node:fs/promises";
import type { Command } from "../cli.ts";
import { kubeconfigPath } from "../cluster.ts";
import { openSession, selectStack } from "../session.ts";
import { chooseStack } from "../stack.ts";

/** Removes the cluster and the kubeconfig that was written for it; the stack and its history stay. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  const code = await session.pulumi(["destroy", "--stack", stack, ...rest]);
  if (code === 0) await rm(kubeconfigPath(stack), { force: true });
  return code;
};
