import { Option } from "commander";
import { logLine } from "../../lib/log.ts";
import { run } from "../../lib/process.ts";
import { realNodes } from "../../names.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { isUnattended } from "../consent/consent.ts";
import { backUpBeforeReplacement } from "../backup/before-replacement.ts";
import { renewContext } from "../kubeconfig/context.ts";
import { recover } from "../recovery/recover.ts";
import { rollRequest, type RollOptions } from "../roll/plan.ts";
import { roll } from "../roll/roll.ts";
import { openStack } from "../session.ts";
import type { Session } from "../stack/session.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { up } from "../up.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, configFileArguments, stackOptions, type StackOptions } from "./options.ts";

/** Rolls the cluster out to another node image, batch by batch, or back to the previous image. */
export const command = defineCommand<StackOptions & RollOptions>({
  name: "roll",
  purpose:
    "Rolls the cluster out to another node image: writes the image into the stack's settings, then drains and replaces the " +
    "nodes batch by batch. To resume an interrupted roll, repeat the command. --undo rolls back to the previous image.\n\n" +
    "Without a terminal, a roll that replaces nodes needs --yes.",
  options: () => [
    new Option("--image <path-or-url>", "node image to roll out"),
    new Option("--sha256 <hash>", "expected SHA-256 of the image in hexadecimal; required for a URL"),
    new Option("--undo", "roll back to the previous image"),
    new Option("--max-unavailable <number>", "workers to replace at once (default: the stack's maxUnavailable)"),
    new Option("-y, --yes", "replace nodes without a question"),
    ...stackOptions(),
  ],
  examples: {
    "npm run roll -- --image /images/node.qcow2": "roll out an image",
    'npm run roll -- --image "$(npm run --silent image)"': "build an image and roll it out",
    "npm run roll -- --undo": "roll back",
  },
  async run(options) {
    const request = rollRequest(options, configFileArguments(options));
    // The request names the image.
    const session = await openStack(choiceOf(options), { image: false, hypervisor: true });
    // The plan needs a state in which the image of each node is right.
    const { state } = await recover(session);
    const code = await roll(request, {
      session,
      state,
      settings: session.settings(),
      up: (args) => up(session, args, { command: "roll" }),
      backUp: () => backUpBeforeReplacement(session, state, "machine"),
      nodeTable: () => nodeTable(session),
      log: logLine,
      unattended: isUnattended(request.up),
    });
    if (code === 0) await renewContext(session);
    return code;
  },
});

/** Table of the nodes by kubectl, or the reason why there is none, because an unavailable cluster can be rolled, too. */
async function nodeTable(session: Session): Promise<string> {
  try {
    const KUBECONFIG = await writeKubeconfig(session);
    const show = ["get", "nodes", "--selector", realNodes, "--output", "wide", "--request-timeout=30s"];
    return await run(await kubectl(), show, { env: { KUBECONFIG } });
  } catch (error) {
    return `the cluster does not list its nodes: ${(error as Error).message.split("\n").at(-1)}`;
  }
}
