import { Option } from "commander";
import { collectClusterFacts } from "../cis/cluster-facts.ts";
import { collectFacts } from "../cis/collect.ts";
import { reportText, results, unexpected } from "../cis/report.ts";
import { machinesOrFail } from "../machines/machine.ts";
import { kubectlWith } from "../machines/readiness.ts";
import { loginOf } from "../node-ssh.ts";
import { openSession } from "../session.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { readState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

interface CisOptions extends StackOptions {
  readonly json?: boolean;
}

/** Checks a living cluster against the CIS Kubernetes Benchmark. */
export const command = defineCommand<CisOptions>({
  name: "cis",
  purpose:
    "Checks a living cluster against the CIS Kubernetes Benchmark 1.10, over ssh and kubectl. Prints each recommendation with " +
    "its outcome and the reason. Changes nothing. docs/security.md has the expected list. The exit code is 1 where a check fails " +
    "that passes with the default settings. A manual recommendation does not change it.",
  options: () => [...stackOptions(), new Option("--json", "print the results as JSON")],
  examples: {
    "npm run cis": "the cluster of the stack dev",
    "npm run --silent cis -- --stack lab --json": "the stack lab, for a program",
  },
  async run(options) {
    const choice = choiceOf(options);
    const session = await openSession(choice, { image: false, hypervisor: false, plugins: false });
    const machines = machinesOrFail(await readState(session), choice.stack);
    const ask = await kubectlWith(await writeKubeconfig(session));
    const cluster = await collectClusterFacts(ask);
    const all = results(await collectFacts(machines, loginOf(session.settings(), session), ask), cluster);
    console.log(options.json ? JSON.stringify(all, undefined, 2) : reportText(all));
    return unexpected(all).length === 0 ? 0 : 1;
  },
});
