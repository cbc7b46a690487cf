import { parse } from "yaml";
import { reasonOf } from "../../lib/outside.ts";
import type { Database } from "./finding.ts";

/** Greatest number of days between today and the end of an exception. */
export const longest = 180;

const day = 24 * 60 * 60_000;

/** Patterns of the identifiers: https://docs.github.com/code-security and https://go.dev/doc/security/vuln/database. */
const patterns: Readonly<Record<Database, RegExp>> = {
  npm: /^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/,
  Go: /^GO-\d{4}-\d{4,}$/,
};

/** An accepted vulnerability. */
export interface Exception {
  readonly id: string;
  readonly database: Database;
  readonly reason: string;
  /** Last day, e.g. `2026-12-31`. */
  readonly expires: string;
}

/** Valid exceptions, and a sentence about each of the others. */
export interface Exceptions {
  readonly valid: readonly Exception[];
  readonly problems: readonly string[];
}

/**
 * Reads the exceptions of audit-exceptions.yaml.
 * @param now Milliseconds since 1970. Days are those of UTC.
 * @throws when the text has no list of exceptions.
 */
export function readExceptions(text: string, now: number): Exceptions {
  const entries = (parsed(text) as { readonly exceptions?: unknown } | null)?.exceptions;
  if (!Array.isArray(entries))
    throw new Error("audit-exceptions.yaml has no list `exceptions`. Fix: write `exceptions: []`");
  const valid: Exception[] = [];
  const problems: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const read = readEntry(entry, index, now);
    if (typeof read === "string") problems.push(read);
    else if (valid.some(({ id }) => id === read.id))
      problems.push(`${read.id}: two exceptions have it. Fix: delete one`);
    else valid.push(read);
  }
  return { valid, problems };
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`audit-exceptions.yaml: expected YAML, got: ${reasonOf(error)} Fix: correct it`, { cause: error });
  }
}

/** Returns the exception of an entry, or what is wrong with it. */
function readEntry(entry: unknown, index: number, now: number): Exception | string {
  const fields: Readonly<Record<string, unknown>> = Object.assign({}, entry);
  const { id, reason, expires, ...others } = fields;
  if (typeof id !== "string") return `exception ${index + 1}: it has no id. Fix: write the identifier of the advisory`;
  const database = (["npm", "Go"] as const).find((name) => patterns[name].test(id));
  if (database === undefined)
    return `${id}: unknown identifier, expected one like GHSA-xxxx-xxxx-xxxx or GO-2026-1234. Fix: correct it`;
  const [extra] = Object.keys(others);
  if (extra !== undefined) return `${id}: unknown field ${extra}, expected id, reason and expires. Fix: delete it`;
  if (typeof reason !== "string" || reason.trim() === "")
    return `${id}: its exception has no reason. Fix: write why it is no danger here`;
  const end = typeof expires === "string" ? endOf(expires) : undefined;
  if (typeof expires !== "string" || end === undefined)
    return `${id}: expires is ${JSON.stringify(expires) ?? "missing"}, expected a day like 2026-12-31. Fix: correct it`;
  if (end <= now)
    return `${id}: its exception expired on ${expires}. Fix: update the package, or judge it again and set a new day`;
  if (end - day > now + longest * day)
    return `${id}: its exception ends on ${expires}, more than ${longest} days from today. Fix: set an earlier day`;
  return { id, database, reason, expires };
}

/** Returns the first millisecond after a day; undefined when the calendar does not have it. */
function endOf(date: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const start = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== date ? undefined : start + day;
}
