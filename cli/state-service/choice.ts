import { readOptional } from "../../lib/files.ts";
import { resourceType } from "../../names.ts";
import type { StackSettings } from "../stack/settings.ts";
import { workersOf } from "../stack/workers.ts";
import { pathsOf, type StackPlace } from "./places.ts";

/** Values of the variable NODEFORGE_JOURNAL. */
const choices = ["auto", "on", "off"] as const;

/** Value of the variable NODEFORGE_JOURNAL. */
export type JournalChoice = (typeof choices)[number];

/** Workers from which on `auto` means `on`. Below, the journal saves less than a second of each minute. */
const manyWorkers = 50;

/** Reads NODEFORGE_JOURNAL. @default auto @throws naming the value that is none of the choices. */
export function journalChoice(environment: NodeJS.ProcessEnv = process.env): JournalChoice {
  const { NODEFORGE_JOURNAL: given = "" } = environment;
  const choice = given === "" ? "auto" : choices.find((one) => one === given);
  if (choice !== undefined) return choice;
  throw new Error(
    `NODEFORGE_JOURNAL has the value '${given}', expected one of ${choices.join(", ")}. Fix: export NODEFORGE_JOURNAL=off`,
  );
}

/** Whether a stack keeps its state in a journal. `auto` counts the workers that the settings and the checkpoint have. */
export function usesJournal(
  choice: JournalChoice,
  place: StackPlace,
  settings: Pick<StackSettings, "get" | "objects">,
): boolean {
  const { checkpoint } = pathsOf(place);
  // A stack that another program created may have no encryption yet, and only the file backend can choose one. A compressed
  // checkpoint has another name.
  const text = readOptional(checkpoint);
  if (choice === "off" || !text.includes('"secrets_providers"')) return false;
  return choice === "on" || workersOf(settings).count >= manyWorkers || recordedWorkers(text) >= manyWorkers;
}

function recordedWorkers(text: string): number {
  return text.split(`"type":"${resourceType.worker}"`).length - 1;
}
