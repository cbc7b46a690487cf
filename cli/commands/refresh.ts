import type { Command } from "../main.ts";
import { isUnattended } from "../consent/consent.ts";
import { refreshArguments } from "../stack/refresh.ts";
import { logLine } from "../../lib/log.ts";
import { openSession, selectStack } from "../session.ts";
import { asksForHelp, chooseStack } from "../stack/settings.ts";
import { recover } from "../recovery/recover.ts";

/**
 * Compares the state with what libvirt has. Where nobody can be asked it goes ahead: it deletes nothing, and `up` and
 * `preview` take the same look without a question.
 */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  const { stack, rest } = choice;
  const session = await openSession(choice, { image: false, hypervisor: true });
  await selectStack(session);
  if (asksForHelp(rest)) return session.pulumi(refreshArguments(stack, rest));
  await recover(session);
  const unattended = isUnattended(rest);
  if (unattended) logLine("nobody can be asked without a terminal; a refresh changes the state only, so it goes ahead");
  return session.pulumi(refreshArguments(stack, unattended ? [...rest, "--yes"] : rest));
};
