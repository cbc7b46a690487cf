import type { Command } from "../cli.ts";
import { bringUp } from "../bring-up.ts";
import { describe, examine, passes } from "../doctor.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack.ts";
import { takeOver } from "../takeover.ts";

/** Makes or changes the cluster, after checking the machine, and says how to reach it. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const session = await openSession(choice, { image: true, hypervisor: true });
  // The checks must see the image that the program will.
  Object.assign(process.env, session.variables);
  const findings = await examine(choice);
  console.error(describe(findings));
  if (!passes(findings)) return 1;
  await selectStack(session);
  if (!asksForHelp(choice.rest)) await takeOver(session);
  return bringUp(session, choice, choice.rest);
};
