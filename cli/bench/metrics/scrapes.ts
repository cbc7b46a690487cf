import type { Repetition, Scrape } from "../run/repetition.ts";
import { parseExposition, type Exposition } from "./exposition.ts";
import type { ScrapePair } from "./series.ts";

/** Scrapes of one component, or the reason in words why they cannot be used. */
type Scrapes = { readonly pair: ScrapePair } | { readonly pair: undefined; readonly reason: string };

/**
 * Returns the two scrapes of a component.
 *
 * A scheduler without a first scrape, while another component has one, did not run yet: it had counted nothing. That is so in
 * a backlog. There is no pair where another scrape is missing, where one has a wrong line, or where the two belong to different
 * processes (`process_start_time_seconds` differs).
 */
export function scrapesOf(repetition: Repetition, component: Scrape["component"]): Scrapes {
  const textOf = (when: Scrape["when"]): string | undefined =>
    repetition.scrapes.find((scrape) => scrape.component === component && scrape.when === when)?.text;
  const isFresh = component === "kube-scheduler" && repetition.scrapes.some(({ when }) => when === "before");
  const texts = [
    { when: "before", text: textOf("before") ?? (isFresh ? "" : undefined) },
    { when: "after", text: textOf("after") },
  ] as const;
  const parsed: Exposition[] = [];
  for (const { when, text } of texts) {
    if (text === undefined) return none(`${component} has no scrape ${when} the window`);
    const exposition = parseExposition(text);
    const error = exposition.errors[0];
    if (error !== undefined) {
      return none(`${component}'s scrape ${when} the window is wrong in line ${error.line}: ${error.message}`);
    }
    parsed.push(exposition);
  }
  const [before, after] = parsed;
  if (before === undefined || after === undefined) return none(`${component} has no two scrapes`);
  const [began, begins] = [startOf(before), startOf(after)];
  if (began !== undefined && began !== begins) return none(`${component} started again during the window`);
  return { pair: { before, after } };
}

function none(reason: string): Scrapes {
  return { pair: undefined, reason };
}

function startOf(exposition: Exposition): number | undefined {
  return exposition.samples.get("process_start_time_seconds")?.[0]?.value;
}
