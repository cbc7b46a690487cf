import { readFileSync, writeFileSync } from "node:fs";
import { sightingsVariable } from "../names.ts";

/**
 * Times since when kubelets are unavailable.
 *
 * The engine runs the program twice, for the plan and for the update. A file keeps the times as long as
 * the run lasts. The second health check then does not wait again for the same kubelets.
 */
export class Sightings {
  readonly #path: string | undefined;
  #since: ReadonlyMap<string, number>;

  /** @param path File of the run; undefined for a check that shares nothing. */
  constructor(path: string | undefined) {
    this.#path = path;
    this.#since = new Map(this.#read());
  }

  /** Returns those of the present run. A run of plain Pulumi has no file, so each of its checks is the first. */
  static ofThisRun(): Sightings {
    return new Sightings(process.env[sightingsVariable]);
  }

  /**
   * Records which kubelets are unavailable now, and forgets all others.
   * @param names Names of their nodes.
   * @returns the time of the first observation by node, in milliseconds since 1970.
   */
  update(names: readonly string[]): ReadonlyMap<string, number> {
    this.#since = new Map(names.map((name) => [name, this.#since.get(name) ?? Date.now()]));
    if (this.#path !== undefined) writeFileSync(this.#path, JSON.stringify([...this.#since]), { mode: 0o600 });
    return this.#since;
  }

  #read(): readonly (readonly [string, number])[] {
    try {
      const pairs: unknown = this.#path === undefined ? [] : JSON.parse(readFileSync(this.#path, "utf8"));
      return Array.isArray(pairs) ? (pairs as unknown[]).filter(isSighting) : [];
    } catch {
      // The first check of a run finds no file. A file that cannot be read costs a wait, and the result stays right.
      return [];
    }
  }
}

function isSighting(pair: unknown): pair is readonly [string, number] {
  return Array.isArray(pair) && typeof pair[0] === "string" && typeof pair[1] === "number";
}
