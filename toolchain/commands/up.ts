import type { Command } from "../cli.ts";
import { readOutputs, summary } from "../cluster.ts";
import { explainingFailure } from "../diagnose/after-failure.ts";
import { describe, examine, passes } from "../doctor.ts";
import { openRun } from "../runs/run.ts";
import { openSession, selectStack } from "../session.ts";
import { chooseStack } from "../stack.ts";

/** Makes or changes the cluster, after checking the machine, and says how to reach it. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: true, hypervisor: true });
  // The checks must see the image that the program will.
  Object.assign(process.env, session.variables);
  const findings = await examine(choice);
  console.error(describe(findings));
  if (!passes(findings)) return 1;
  await selectStack(session);
  const up = ["up", "--stack", stack, ...rest];
  if (rest.some((argument) => ["--help", "-h"].includes(argument))) return session.pulumi(up);
  const run = await openRun(session, { command: "up", args: rest });
  // What throws below makes the command fail.
  let exitCode = 1;
  try {
    const work = () => run.pulumi(up);
    const code = await explainingFailure(session, work, async () => ({ folder: run.folder, log: await run.log() }));
    if (code === 0) console.log(`\n${summary(await readOutputs(session), stack)}`);
    exitCode = code;
  } finally {
    await run.finish({ exitCode });
  }
  return exitCode;
};
