/** Database of known vulnerabilities. */
export type Database = "npm" | "Go";

/** A known vulnerability in a package of this checkout. */
export interface Finding {
  readonly database: Database;
  /** Identifier of the advisory, e.g. `GHSA-…` or `GO-…`. */
  readonly id: string;
  /** Names of the packages or modules, sorted. */
  readonly packages: readonly string[];
  readonly summary: string;
  /** First version without it, or a word about it; "" when none is known. */
  readonly fix: string;
}

/** Answer of a scanner: findings, or the reason why it could not ask its database. */
export type Answer = { readonly findings: readonly Finding[] } | { readonly unavailable: string };
