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
  // Thousands of pools may have one problem or more each, so nothing here searches through all of them.
  readonly #said = new Map<string, Set<string>>();

  /**
   * Adds a problem. The error shows `given` as JSON, which tells empty strings and quoted numbers apart. A plain key that
   * several pools inherit is reported once.
   */
  add(key: string, expected: string, given: unknown): void {
    const problem = { key, expected, given: JSON.stringify(given) ?? "nothing" };
    const said = this.#said.get(key) ?? new Set();
    const words = JSON.stringify([expected, problem.given]);
    if (said.has(words)) return;
    this.#said.set(key, said.add(words));
    this.#found.push(problem);
  }

  /** Returns whether a key has a problem already. Rules that depend on its value are then skipped. */
  has(...keys: string[]): boolean {
    return keys.some((key) => this.#said.has(key));
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
    const lines = problems.map(({ key, expected, given }) => `${nameOf(key)}: expected ${expected}, got ${given}`);
    super(["The stack's configuration cannot be used; nothing was created.", ...lines.map(escaped)].join("\n  "));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

// eslint-disable-next-line no-control-regex -- control characters, line ends and changes of the direction of writing
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A key may have any character, and the engine prints the error to a terminal. */
function escaped(line: string): string {
  return line.replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
