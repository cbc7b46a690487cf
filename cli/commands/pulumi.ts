import type { Command } from "../main.ts";
import { openSession, selectStack } from "../session.ts";
import { chooseStack } from "../stack/settings.ts";
import { shareWithOthers } from "../recovery/recover.ts";

/** Runs Pulumi itself on the stack: for what has no command here, such as `config set workers 4`. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  // What runs the program finds an image in the cache by itself.
  const session = await openSession(choice, { image: false, hypervisor: false });
  await selectStack(session);
  await shareWithOthers(session);
  return session.pulumi(choice.rest);
};
