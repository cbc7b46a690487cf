import { quoted } from "../../lib/shell.ts";
import { openSession } from "../session.ts";
import { parallelism } from "../stack/parallelism.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Prints the variables that plain `pulumi` needs, for a shell to evaluate. */
export const command = defineCommand<StackOptions>({
  name: "env",
  purpose:
    "Prints the variables that plain `pulumi` needs in this checkout, as `export` lines for a shell to evaluate.",
  options: stackOptions,
  examples: {
    "npm run env": "the variables for the stack dev",
    'eval "$(npm run --silent env)"': "set them in this shell",
  },
  async run(options) {
    // The program finds an image in the cache on its own.
    const { variables, settings } = await openSession(choiceOf(options), { image: false, hypervisor: false });
    const all = { ...variables, ...parallelism(settings()) };
    for (const [name, value] of Object.entries(all)) console.log(`export ${name}=${quoted(value)}`);
    return 0;
  },
});
