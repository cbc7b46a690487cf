import { shareWithOthers } from "../recovery/hold-stack.ts";
import { openStack } from "../session.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Runs Pulumi itself on the stack, for tasks without a command. */
export const command = defineCommand<StackOptions>({
  name: "pulumi",
  purpose:
    "Runs Pulumi itself on a stack, with the environment of the other commands. Use it for tasks without a command, such as " +
    "changing a setting.",
  options: stackOptions,
  passesTo: { program: "pulumi", help: "npm run pulumi -- help", shares: ["--config-file"], keepsHelp: true },
  examples: {
    "npm run pulumi -- config set workers 4": "change a setting of the stack dev",
    "npm run pulumi -- stack history --stack lab": "the updates of the stack lab",
    "npm run pulumi -- up --help": "Pulumi's own help for one of its commands",
  },
  async run(options, args) {
    // The program finds an image in the cache on its own.
    const session = await openStack(choiceOf(options), { image: false, hypervisor: false });
    await shareWithOthers(session);
    return session.pulumi(args);
  },
});
