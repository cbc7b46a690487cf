import type { Command } from "../main.ts";
import { diagnose } from "../diagnose/explain.ts";
import { diagnosisFolder } from "../runs/folder.ts";
import { openSession } from "../session.ts";
import { chooseStack } from "../stack/settings.ts";

/** Collects what nodes, libvirt and Kubernetes say of a cluster, finished or not, and says what is wrong. Changes nothing. */
export const command: Command = async (args) => {
  const choice = chooseStack(args);
  if (choice.rest.length > 0) throw new Error(`diagnose does not know ${choice.rest.join(" ")}`);
  // A hypervisor that is down is a finding, not something to start.
  const session = await openSession(choice, { image: false, hypervisor: false });
  const { healthy, text } = await diagnose(session, diagnosisFolder(choice.stack));
  console.log(text);
  return healthy ? 0 : 1;
};
