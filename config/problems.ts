import { isDeepStrictEqual } from "node:util";

/** One wrong key of the stack's configuration. */
export interface Problem {
  /** Key as the user writes it, without the project's namespace; a variable of the environment in capitals. */
  readonly key: string;
  /** What would have been right. */
  readonly wanted: string;
  /** What was given. Never a secret: no key of ours holds one. */
  readonly given: string;
}

/** Gathers every problem of a configuration, so that the user sees all of them at once. */
export class Problems {
  readonly #found: Problem[] = [];

  /**
   * Adds a problem; `given` is shown as JSON so that empty strings and numbers in quotes are told apart. What several
   * pools take from one plain key is told once.
   */
  add(key: string, wanted: string, given: unknown): void {
    const problem = { key, wanted, given: JSON.stringify(given) ?? "nothing" };
    if (!this.#found.some((other) => isDeepStrictEqual(other, problem))) this.#found.push(problem);
  }

  /** Whether the key has a problem already; rules that build on its value then keep quiet. */
  has(...keys: string[]): boolean {
    return this.#found.some((problem) => keys.includes(problem.key));
  }

  /** Whether there is a problem. */
  get any(): boolean {
    return this.#found.length > 0;
  }

  /** @throws {ConfigError} naming every problem, when there is one. */
  throwIfAny(): void {
    if (this.any) throw new ConfigError(this.#found);
  }
}

/** The stack's configuration cannot be used; the message names every wrong key, what was wanted, and what was given. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const nameOf = (key: string) => (/^[A-Z_]+$/.test(key) ? key : `nodeforge:${key}`);
    const lines = problems.map(({ key, wanted, given }) => `  ${nameOf(key)}: wanted ${wanted}, got ${given}`);
    super(`The stack's configuration cannot be used; nothing was created.\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}
