import { Option } from "commander";
import { backUpBeforeReplacement } from "../backup/before-replacement.ts";
import { isUnattended } from "../consent/consent.ts";
import { refuseOtherImage } from "../consent/unattended.ts";
import { describe, examine, passes } from "../doctor/doctor.ts";
import { mergeContext, refuseTakenContext } from "../kubeconfig/context.ts";
import { holdStack } from "../recovery/hold-stack.ts";
import { recover } from "../recovery/recover.ts";
import { openStack } from "../session.ts";
import { up, type BackUp } from "../up.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

interface UpCommandOptions extends StackOptions {
  readonly merge: boolean;
  readonly backup: boolean;
  readonly pulumiOutput?: boolean;
}

/** Creates or changes the cluster after checking this machine, then prints how to reach the cluster. */
export const command = defineCommand<UpCommandOptions>({
  name: "up",
  purpose:
    "Creates or changes the cluster of a stack. Installs, downloads and builds missing tools, checks this machine, " +
    "recovers an unfinished run, and runs `pulumi up`. Shows one line for each node, and ends with a table of the nodes.\n\n" +
    "Merges a context named after the cluster into your kubeconfig: the first file of KUBECONFIG, else ~/.kube/config. " +
    "`destroy` removes it.\n\n" +
    "Takes a backup first where the plan replaces or deletes the control plane's machine or data disk (see " +
    "`npm run backup`).\n\n" +
    "Without a terminal, `up` proceeds if its plan deletes and replaces nothing that holds data. Otherwise it needs --yes.",
  options: () => [
    new Option("--no-merge", "leave your kubeconfig unchanged"),
    new Option("--no-backup", "take no backup before the control plane is replaced or deleted"),
    new Option("--pulumi-output", "show Pulumi's own display instead of one line for each node"),
    ...stackOptions(),
  ],
  passesTo: { program: "pulumi up", help: "npm run pulumi -- up --help", shares: ["--config-file"] },
  examples: {
    "npm run up": "create or change the cluster of the stack dev",
    "npm run up -- --stack lab --yes": "the stack lab, without a question",
    "npm run up -- --target '**worker-node-2**'": "only the resources of one worker",
  },
  async run(options, args) {
    const choice = choiceOf(options);
    const bare = await openStack(choice, { image: "later", hypervisor: true, follows: ["up", ...args] });
    // A build of an image takes a quarter of an hour, so every refusal that needs no image comes first.
    if (options.merge) await refuseTakenContext(bare);
    if (isUnattended(args)) await refuseOtherImage(bare, args);
    const hold = await holdStack(bare);
    const session = await bare.withImage();
    // The checks must read the same image as the program.
    const findings = await examine(choice, { ...process.env, ...session.variables });
    console.error(describe(findings));
    if (!passes(findings)) return 1;
    const { state } = await recover(session, { hold });
    const backUp: BackUp = (loss, log) => backUpBeforeReplacement(session, state, loss, { log });
    const code = await up(session, args, {
      ...{ state, pulumiOutput: options.pulumiOutput === true },
      ...(options.backup ? { backUp } : {}),
    });
    if (code === 0 && options.merge) await mergeContext(session);
    return code;
  },
});
