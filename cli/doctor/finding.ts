/** The result of a check. */
export interface Finding {
  /** Subject of the check, in a word or two. */
  readonly name: string;
  /** A warning lets the command go on; a failure does not. */
  readonly status: "ok" | "warn" | "fail";
  readonly found: string;
  /** How to fix it; "" when there is nothing to fix. */
  readonly fix: string;
}

/** Returns the finding of a check that passed. */
export function ok(name: string, found: string): Finding {
  return { name, status: "ok", found, fix: "" };
}

/** Returns a finding that you should know about, and that lets the command go on. */
export function warn(name: string, found: string, fix: string): Finding {
  return { name, status: "warn", found, fix };
}

/** Returns a finding with which the command cannot work. */
export function fail(name: string, found: string, fix: string): Finding {
  return { name, status: "fail", found, fix };
}
