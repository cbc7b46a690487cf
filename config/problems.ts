import { isDeepStrictEqual } from "node:util";

/** One wrong key of the stack's configuration. */
export interface Problem {
  /** Key as you write it, without the project's namespace; the name of an environment variable is in capitals. */
  readonly key: string;
  /** Description of a valid value. */
  readonly expected: string;
  /** The given value as JSON. It is never a secret, because no key of the configuration holds one. */
  readonly given: string;
}

/** Collects every problem of a configuration, so that one error names all of them. */
export class Problems {
  readonly #found: Problem[] = [];

  /**
   * Adds a problem. The error shows `given` as JSON, which tells empty strings and quoted numbers apart. A plain key that
   * several pools inherit is reported once.
   */
  add(key: string, expected: string, given: unknown): void {
    const problem = { key, expected, given: JSON.stringify(given) ?? "nothing" };
    if (!this.#found.some((other) => isDeepStrictEqual(other, problem))) this.#found.push(problem);
  }

  /** Returns whether a key has a problem already. Rules that depend on its value are then skipped. */
  has(...keys: string[]): boolean {
    return this.#found.some((problem) => keys.includes(problem.key));
  }

  /** Whether the configuration has a problem. */
  get any(): boolean {
    return this.#found.length > 0;
  }

  /** @throws {ConfigError} naming every problem, when there is one. */
  throwIfAny(): void {
    if (this.any) throw new ConfigError(this.#found);
  }
}

/** The stack's configuration is invalid. The message names every wrong key with its expected and its given value. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const nameOf = (key: string) => (/^[A-Z_]+$/.test(key) ? key : `nodeforge:${key}`);
    const lines = problems.map(({ key, expected, given }) => `  ${nameOf(key)}: expected ${expected}, got ${given}`);
    super(`The stack's configuration cannot be used; nothing was created.\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}
