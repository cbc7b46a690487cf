import { writeFile } from "node:fs/promises";
import { Option } from "commander";
import { virshFor } from "../../libvirt/virsh.ts";
import { run } from "../../lib/process.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { hypervisorUri } from "../hypervisor-uri.ts";
import { liveComment, type Comment } from "../plan/live-comment.ts";
import { readRevision } from "../plan/revision.ts";
import { settingsFacts } from "../plan/settings-facts.ts";
import { renderSummary } from "../plan/summary.ts";
import { timedRuns } from "../plan/timed-runs.ts";
import { shareWithOthers } from "../recovery/hold-stack.ts";
import { openStack } from "../session.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import type { Session } from "../stack/session.ts";
import { readSettings } from "../stack/settings.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, configFileArguments, stackOptions, type StackOptions } from "./options.ts";

interface SummaryOptions extends StackOptions {
  readonly out?: string;
  readonly planOnly?: boolean;
  readonly base: string;
  readonly policyPack?: string;
}

/** Describes the changes of `up` as a comment for a review. */
export const command = defineCommand<SummaryOptions>({
  name: "preview:summary",
  purpose:
    "Prints a Markdown comment about the changes that `up` would make: nodes with the reason of each change, losses, estimated " +
    "time, capacity, and the diff. Changes only the state, which it first refreshes from libvirt, as `preview` does. " +
    "The first line of the comment is the same for each call, so that a workflow can edit its comment.",
  options: () => [
    ...stackOptions(),
    new Option("--out <file>", "file for the comment (default: the standard output)"),
    new Option("--plan-only", "compare the settings with those of --base, without a hypervisor and without a state"),
    new Option("--base <revision>", "revision of git to compare with; for --plan-only").default("HEAD"),
    new Option("--policy-pack <folder>", "rules that the plan must obey, such as policy").conflicts("planOnly"),
  ],
  examples: {
    "npm run --silent preview:summary -- --stack lab": "the comment about the stack lab",
    "npm run preview:summary -- --stack lab --out comment.md": "the same as a file",
    "npm run preview:summary -- --stack lab --policy-pack policy":
      "a plan that breaks a rule of docs/security.md fails",
    "npm run preview:summary -- --stack lab --plan-only --base origin/main": "the settings against those of main",
  },
  async run(options) {
    const { text, code } = options.planOnly ? await planOnly(options) : await live(options);
    if (options.out === undefined) process.stdout.write(text);
    else await writeFile(options.out, text);
    return code;
  },
});

async function planOnly(options: SummaryOptions): Promise<Comment> {
  const choice = choiceOf(options);
  const { stack, base } = options;
  const { settings: before, files } = await readRevision(choice, base);
  const facts = settingsFacts({
    stack,
    base,
    before,
    after: readSettings(choice),
    files,
    runs: await timedRuns(stack),
  });
  return { text: renderSummary(facts), code: 0 };
}

async function live(options: SummaryOptions): Promise<Comment> {
  const choice = choiceOf(options);
  const session = await openStack(choice, { image: true, hypervisor: true });
  await shareWithOthers(session);
  return liveComment(session, {
    virsh: virshFor(hypervisorUri(session.settings())),
    kubectl: kubectlOf(session),
    args: [
      ...configFileArguments(choice),
      ...(options.policyPack === undefined ? [] : ["--policy-pack", options.policyPack]),
    ],
  });
}

/** Returns kubectl for the cluster of a session. It is fetched at the first call, because most plans drain no worker. */
function kubectlOf(session: Session): (...args: readonly string[]) => Promise<string> {
  let place: Promise<readonly [program: string, kubeconfig: string]> | undefined;
  return async (...args) => {
    place ??= (async () => [await kubectl(), await writeKubeconfig(session)] as const)();
    const [program, kubeconfig] = await place;
    return run(program, args, { env: { KUBECONFIG: kubeconfig } });
  };
}
