import type { Command } from "../cli.ts";
import { openSession, selectStack } from "../session.ts";
import { chooseStack } from "../stack.ts";

/** Shows what `up` would change. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: true, hypervisor: true });
  await selectStack(session);
  return session.pulumi(["preview", "--stack", stack, ...rest]);
};
