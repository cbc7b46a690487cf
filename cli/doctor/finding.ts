/** What one check found. */
export interface Finding {
  /** What was checked, in a word or two. */
  readonly name: string;
  /** A warning lets work go on; a failure does not. */
  readonly status: "ok" | "warn" | "fail";
  readonly found: string;
  /** What to do about it; "" when all is well. */
  readonly mend: string;
}

/** All is well. */
export function ok(name: string, found: string): Finding {
  return { name, status: "ok", found, mend: "" };
}

/** It works, but the user should know. */
export function warn(name: string, found: string, mend: string): Finding {
  return { name, status: "warn", found, mend };
}

/** It cannot work. */
export function fail(name: string, found: string, mend: string): Finding {
  return { name, status: "fail", found, mend };
}
