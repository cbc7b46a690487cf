import { holdStack, shareWithOthers } from "../recovery/hold-stack.ts";
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
    await (changesResources(args) ? holdStack(session) : shareWithOthers(session));
    return session.pulumi(args);
  },
});

/** Subcommands of Pulumi that change resources, with their aliases (3.250). */
const changing = ["up", "update", "destroy", "down", "dn", "refresh", "import", "watch"];

/**
 * Whether arguments of Pulumi change resources, so that a benchmark must not run meanwhile. Help and a plan change none. A value
 * of an option in front of the subcommand counts as the subcommand, so Pulumi's own lock alone protects that call.
 */
export function changesResources(args: readonly string[]): boolean {
  const subcommand = args.find((argument) => !argument.startsWith("-")) ?? "";
  return (
    changing.includes(subcommand) && !args.some((argument) => /^(--help|-h|--preview-only)(=true)?$/.test(argument))
  );
}
