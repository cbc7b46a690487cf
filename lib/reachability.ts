import { logDaily } from "./log.ts";

const answers = new Map<string, Promise<boolean>>();

/** Milliseconds a place has to answer. */
const limit = 4_000;

/**
 * Whether a place on the web answers. One attempt per place and run; the answer is remembered, and said when it is no.
 *
 * NODEFORGE_OFFLINE=1 answers no for every place without asking. A proxy that refuses counts as no.
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

/** The innermost reason of a failed request: fetch itself only says "fetch failed". */
export function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  return inner.name === "TimeoutError" ? "no answer in time" : ((inner as NodeJS.ErrnoException).code ?? inner.message);
}
