import type { Command } from "../main.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { runInteractively } from "../../lib/process.ts";
import { openSession } from "../session.ts";
import type { StackChoice } from "../stack/settings.ts";

/** Runs kubectl as the cluster's administrator. Its own options include `-s`, so the stack is chosen by `--stack` only. */
export const command: Command = async (args) => {
  const choice = chooseStackBefore(args);
  const session = await openSession(choice, { image: false, hypervisor: false, plugins: false });
  const kubeconfig = await writeKubeconfig(session);
  return runInteractively(await kubectl(), choice.rest, { env: { ...process.env, KUBECONFIG: kubeconfig } });
};

/** `--stack NAME` counts in first place only: what follows belongs to kubectl, or to a program it runs in a pod. */
export function chooseStackBefore(args: readonly string[]): StackChoice {
  const inline = /^--stack=(.+)$/.exec(args[0] ?? "")?.[1];
  if (inline !== undefined) return { stack: inline, rest: args.slice(1) };
  if (args[0] === "--stack" && args[1] !== undefined) return { stack: args[1], rest: args.slice(2) };
  return { stack: process.env.PULUMI_STACK || "dev", rest: args };
}
