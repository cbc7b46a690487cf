import { setTimeout as sleep } from "node:timers/promises";
import { processOf, statusOf } from "./agent-answers.ts";
import type { AskAgent } from "./virsh.ts";

/** A program for sh, its parameters and its standard input. */
export interface NodeProgram {
  readonly text: string;
  readonly parameters: readonly string[];
  /** @default empty */
  readonly input?: string;
  /** Longest wait for its end in seconds. The program itself runs on. */
  readonly limitSeconds: number;
}

/** End of a program on a node. */
export interface NodeProgramEnd {
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

/**
 * Runs a program on a node through its guest agent, as root.
 * @returns undefined when the limit passes before its end.
 * @throws when the agent refuses it, or does not answer.
 */
export async function runOnNode(ask: AskAgent, program: NodeProgram): Promise<NodeProgramEnd | undefined> {
  const { text, parameters, input = "", limitSeconds } = program;
  const started = await ask("guest-exec", {
    path: "/bin/sh",
    arg: ["-c", text, "sh", ...parameters],
    "input-data": Buffer.from(input).toString("base64"),
    "capture-output": true,
  });
  const pid = processOf(started);
  const deadline = Date.now() + limitSeconds * 1000;
  for (;;) {
    const { hasExited, ...end } = statusOf(await ask("guest-exec-status", { pid }));
    if (hasExited) return end;
    if (Date.now() > deadline) return undefined;
    // The agent has no notification.
    await sleep(200);
  }
}
