import { logDaily } from "./log.ts";

const answers = new Map<string, Promise<boolean>>();

/** Limit in milliseconds for an answer. */
const limit = 4_000;

/**
 * Whether the server of a URL answers. Each server is asked once a run. A failed attempt is logged once a day.
 *
 * With NODEFORGE_OFFLINE=1 no server is asked, and none counts as reachable. Neither does one that a proxy refuses.
 */
export function reachable(url: string): Promise<boolean> {
  const { origin } = new URL(url);
  const known = answers.get(origin);
  if (known) return known;
  const answer = ask(origin);
  answers.set(origin, answer);
  return answer;
}

async function ask(origin: string): Promise<boolean> {
  if (process.env.NODEFORGE_OFFLINE === "1") return false;
  const problem = await fetch(origin, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(limit) }).then(
    ({ status }) => ([403, 407].includes(status) || status >= 500 ? `answers ${status}` : undefined),
    (error: unknown) => reasonOf(error),
  );
  if (problem !== undefined) await logDaily(`${origin} cannot be reached (${problem})`);
  return problem === undefined;
}

/** Returns the innermost reason of a failed request that has words, because fetch itself only says "fetch failed". */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const inner = error.cause === undefined ? "" : reasonOf(error.cause);
  return inner || ((error as NodeJS.ErrnoException).code ?? error.message);
}
