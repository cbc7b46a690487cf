import { bringUp } from "../up.ts";
import type { Command } from "../main.ts";
import { isUnattended } from "../consent/consent.ts";
import { describe, examine, passes } from "../doctor/doctor.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack/settings.ts";
import { recover } from "../recovery/recover.ts";
import { refuseOtherImage } from "../consent/unattended.ts";

/** Makes or changes the cluster, after checking the machine, and says how to reach it. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const bare = await openSession(choice, { image: false, hypervisor: true });
  if (asksForHelp(choice.rest)) return bringUp(bare, choice, choice.rest);
  await selectStack(bare);
  // Building an image takes a quarter of an hour: what can be refused is refused first.
  if (isUnattended(choice.rest)) await refuseOtherImage(bare, choice.rest);
  const session = await bare.withImage();
  // The checks must see the image that the program will.
  const findings = await examine(choice, { ...process.env, ...session.variables });
  console.error(describe(findings));
  if (!passes(findings)) return 1;
  await recover(session);
  return bringUp(session, choice, choice.rest);
};
