import { isUnattended } from "../consent/consent.ts";
import { logLine } from "../../lib/log.ts";
import { recover } from "../recovery/recover.ts";
import { refuseUnmountedStorage } from "../recovery/unmounted-storage.ts";
import { openStack } from "../session.ts";
import { refreshArguments } from "../stack/refresh.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

/** Refreshes the state from libvirt. */
export const command = defineCommand<StackOptions>({
  name: "refresh",
  purpose:
    "Updates the state of a stack from libvirt, and changes nothing else. Limited to libvirt's resources unless you pass " +
    "--target or --exclude. `up` and `preview` do the same on their own.\n\n" +
    "Without a terminal, `refresh` proceeds without a question, because it deletes nothing.",
  options: stackOptions,
  passesTo: { program: "pulumi refresh", help: "npm run pulumi -- refresh --help", shares: ["--config-file"] },
  examples: {
    "npm run refresh": "the resources that libvirt has for the stack dev",
    "npm run refresh -- --target '**'": "every resource, also in Kubernetes",
  },
  async run(options, args) {
    const session = await openStack(choiceOf(options), {
      image: false,
      hypervisor: true,
      follows: ["refresh", ...args],
    });
    const { state } = await recover(session);
    await refuseUnmountedStorage(state);
    const unattended = isUnattended(args);
    if (unattended) logLine("there is no terminal for a question; a refresh changes only the state, so it proceeds");
    return session.pulumi(refreshArguments(session.stack, unattended ? [...args, "--yes"] : args));
  },
});
