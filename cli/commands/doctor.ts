import type { Command } from "../main.ts";
import { describe, examine, passes } from "../doctor/doctor.ts";
import { chooseStack } from "../stack/settings.ts";

/** Checks this machine and changes nothing. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  if (choice.rest.length > 0) throw new Error(`doctor does not know ${choice.rest.join(" ")}`);
  const findings = await examine(choice);
  console.log(describe(findings));
  return passes(findings) ? 0 : 1;
};
