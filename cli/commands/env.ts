import type { Command } from "../main.ts";
import { quoted } from "../../lib/shell.ts";
import { openSession } from "../session.ts";
import { chooseStack } from "../stack/settings.ts";

/** Prints the variables that plain `pulumi` needs, for a shell to evaluate. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  if (choice.rest.length > 0) throw new Error(`env does not know ${choice.rest.join(" ")}`);
  // The program finds an image in the cache by itself.
  const { variables } = await openSession(choice, { image: false, hypervisor: false });
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quoted(value)}`);
  return 0;
};
