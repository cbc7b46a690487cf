import { preview } from "../preview.ts";
import { shareWithOthers } from "../recovery/hold-stack.ts";
import { openStack } from "../session.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Previews the changes of `up`. */
export const command = defineCommand<StackOptions>({
  name: "preview",
  purpose:
    "Shows the changes that `up` would make. Changes only the state, which it first refreshes from libvirt, as `up` does. " +
    "The exit code is Pulumi's.",
  options: stackOptions,
  passesTo: { program: "pulumi preview", help: "npm run pulumi -- preview --help", shares: ["--config-file"] },
  examples: {
    "npm run preview": "the changes to the stack dev",
    "npm run preview -- --stack lab --diff": "the stack lab, every property that differs",
    "npm run preview -- --expect-no-changes": "fail if there is a change",
    "npm run preview -- --policy-pack policy": "fail if a resource breaks a rule of docs/security.md",
  },
  async run(options, args) {
    const session = await openStack(choiceOf(options), {
      image: true,
      hypervisor: true,
      follows: ["preview", ...args],
    });
    await shareWithOthers(session);
    return preview(session, args);
  },
});
