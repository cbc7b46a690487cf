import type { Command } from "../cli.ts";
import { openSession, selectStack } from "../session.ts";
import { chooseStack } from "../stack.ts";

/** Removes the cluster; the stack and its history stay. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  return session.pulumi(["destroy", "--stack", stack, ...rest]);
};
