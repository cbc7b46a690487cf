import type { Command } from "../cli.ts";
import { preview } from "../preview.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack.ts";
import { shareWithOthers } from "../takeover.ts";

/** Shows what `up` would change. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const session = await openSession(choice, { image: !asksForHelp(choice.rest), hypervisor: true });
  await selectStack(session);
  await shareWithOthers(session);
  return preview(session, choice);
};
