import type { Command } from "../cli.ts";
import { refreshArguments } from "../libvirt-refresh.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack.ts";
import { takeOver } from "../takeover.ts";

/** Compares the state with what libvirt has. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  if (!asksForHelp(rest)) await takeOver(session);
  return session.pulumi(refreshArguments(stack, rest));
};
