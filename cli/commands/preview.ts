import type { Command } from "../main.ts";
import { preview } from "../preview.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack/settings.ts";
import { shareWithOthers } from "../recovery/recover.ts";

/** Shows what `up` would change. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const session = await openSession(choice, { image: !asksForHelp(choice.rest), hypervisor: true });
  await selectStack(session);
  await shareWithOthers(session);
  return preview(session, choice);
};
