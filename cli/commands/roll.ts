import { bringUp } from "../up.ts";
import type { Command } from "../main.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { isUnattended } from "../consent/consent.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { logLine } from "../../lib/log.ts";
import { run } from "../../lib/process.ts";
import { parseRoll } from "../roll/plan.ts";
import { roll } from "../roll/roll.ts";
import { openSession, selectStack, type Session } from "../session.ts";
import { chooseStack, readSettings } from "../stack/settings.ts";
import { recover } from "../recovery/recover.ts";

/** Rolls the cluster to another node image, batch by batch, or back to the one before. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const request = parseRoll(choice.rest);
  // It names its image itself.
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  // Which node runs what is known only when the state is right.
  await recover(session);
  return roll(request, {
    session,
    settings: readSettings(choice),
    bringUp: (rest) => bringUp(session, choice, rest, "roll"),
    nodeTable: () => nodeTable(session),
    log: logLine,
    unattended: isUnattended(request.up),
  });
};

/** The nodes as kubectl shows them, or why it cannot: a cluster that does not answer may be rolled all the same. */
async function nodeTable(session: Session): Promise<string> {
  try {
    const KUBECONFIG = await writeKubeconfig(session);
    const show = ["get", "nodes", "--output", "wide", "--request-timeout=30s"];
    return await run(await kubectl(), show, { env: { KUBECONFIG } });
  } catch (error) {
    return `the cluster does not show its nodes: ${(error as Error).message.split("\n").at(-1)}`;
  }
}
