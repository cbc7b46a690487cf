import { checkout } from "../../lib/checkout.ts";
import { candidatesScript } from "../completion/candidates-script.ts";
import { commandWords } from "../completion/command-words.ts";
import { shellFunction, type Shell } from "../completion/shell-function.ts";
import { desiredNodes } from "../plan/desired-nodes.ts";
import { readSettings } from "../stack/settings.ts";
import { defineCommand, type Command, type Declaration } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

const startFiles: Readonly<Record<Shell, string>> = {
  bash: 'add `eval "$(npm run --silent --prefix CHECKOUT completion -- bash)"` to ~/.bashrc',
  zsh: 'add `eval "$(npm run --silent --prefix CHECKOUT completion -- zsh)"` to ~/.zshrc',
  fish: "write it to ~/.config/fish/conf.d/nodeforge.fish",
};

/** Commands by their names, as in all.ts. That file imports this one, so it is not imported here. */
type Commands = Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<{ readonly command: Command }> }>
>;

const nodes: Declaration<StackOptions> = {
  name: "nodes",
  purpose: "Prints the names of the nodes that the settings of a stack describe. The completion calls it.",
  options: stackOptions,
  examples: { "npm run --silent completion -- nodes --stack lab": "the nodes of the stack lab" },
  run(options) {
    for (const { name } of desiredNodes(readSettings(choiceOf(options)))) console.log(name);
    return Promise.resolve(0);
  },
};

/** Returns the command that prints a shell function with a completion of all commands. */
export function completion(commands: Commands): Command {
  const shells = (["bash", "zsh", "fish"] as const).map((shell): Declaration => ({
    name: shell,
    purpose: `Prints the function for ${shell}. To have it in each shell, ${startFiles[shell]}.`,
    examples: { [`npm run --silent completion -- ${shell}`]: "the function and its completion" },
    async run() {
      process.stdout.write(await functionFor(shell, commands));
      return 0;
    },
  }));
  return defineCommand({
    name: "completion",
    purpose:
      "Prints a function `nodeforge` for your shell, which runs each command of `npm run` from any folder and without `--`, " +
      "and its completion: commands, options, their choices, stacks and nodes.",
    subcommands: [...shells, nodes],
    examples: {
      'eval "$(npm run --silent completion -- bash)"': "the function in this shell",
      "npm run --silent completion -- fish": "the function for fish",
    },
    run() {
      throw new Error("completion: expected bash, zsh or fish, got nothing. Fix: npm run --silent completion -- bash");
    },
  });
}

async function functionFor(shell: Shell, commands: Commands): Promise<string> {
  const declared = await Promise.all(
    Object.values(commands).map(async ({ summary, load }) => {
      const { command } = await load();
      return { summary, declaration: command.declaration };
    }),
  );
  return shellFunction(shell, candidatesScript(commandWords(declared), checkout), checkout);
}
