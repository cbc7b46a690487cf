import { secondsOfGoDuration } from "../../../lib/go-duration.ts";
import { isRecord } from "../../../lib/record.ts";
import { refusedFields } from "./refused.ts";
import type { Value } from "./template-functions.ts";

type RawObject = Readonly<Record<string, unknown>>;

/** Parameters of a workload. It remembers those that were read. */
export class Parameters {
  readonly #values: RawObject;
  readonly #read = new Set<string>();

  constructor(values: RawObject) {
    this.#values = values;
  }

  /** Returns the value of `$name`. @throws if there is none. */
  get(reference: unknown): unknown {
    if (typeof reference !== "string" || !reference.startsWith("$")) {
      throw new Error(`wanted a parameter such as $initPods, got ${JSON.stringify(reference)}`);
    }
    const name = reference.slice(1);
    this.#read.add(name);
    if (name in this.#values) return this.#values[name];
    throw new Error(`there is no parameter ${name}; known: ${Object.keys(this.#values).join(", ") || "none"}`);
  }

  /** Parameters that nothing has read. */
  get unused(): readonly string[] {
    return Object.keys(this.#values).filter((name) => !this.#read.has(name));
  }
}

/** Returns the seconds of a duration of Go. A number is in seconds. */
function secondsOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? secondsOfGoDuration(value) : undefined;
}

/** Fields of one mapping. It adds to `problems` what is wrong, and at the end each field that nothing has read. */
export class Fields {
  readonly #raw: RawObject;
  readonly #at: string;
  readonly #problems: string[];
  readonly #parameters: Parameters;
  readonly #read = new Set<string>();

  constructor(raw: unknown, at: string, problems: string[], parameters: Parameters) {
    if (!isRecord(raw)) problems.push(`${at}: wanted a mapping, got ${JSON.stringify(raw)}`);
    this.#raw = isRecord(raw) ? raw : {};
    this.#at = at;
    this.#problems = problems;
    this.#parameters = parameters;
  }

  /** Names of all fields, for a mapping whose names are data. */
  get names(): readonly string[] {
    return Object.keys(this.#raw);
  }

  problem(text: string): void {
    this.#problems.push(`${this.#at}: ${text}`);
  }

  /** Returns a field as it is; undefined without it. */
  raw(name: string): unknown {
    this.#read.add(name);
    return this.#raw[name] ?? undefined;
  }

  /** Returns a field with a value that `isValid` accepts; undefined without it or with another one. */
  #checked<T>(name: string, wanted: string, read: (value: unknown) => T | undefined): T | undefined {
    let given = this.raw(name);
    const reference = this.raw(`${name}Param`);
    if (reference !== undefined) {
      try {
        given = this.#parameters.get(reference);
      } catch (error) {
        this.problem(`${name}Param: ${(error as Error).message}`);
        return undefined;
      }
    }
    if (given === undefined) return undefined;
    const value = read(given);
    if (value === undefined) this.problem(`${name}: wanted ${wanted}, got ${JSON.stringify(given)}`);
    return value;
  }

  string(name: string): string | undefined {
    return this.#checked(name, "text", (value) => (typeof value === "string" && value !== "" ? value : undefined));
  }

  boolean(name: string): boolean {
    const read = (value: unknown) => (typeof value === "boolean" ? value : undefined);
    return this.#checked(name, "true or false", read) ?? false;
  }

  /** Returns a whole number from 0. */
  count(name: string): number | undefined {
    return this.#checked(name, "a whole number from 0", (value) =>
      Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined,
    );
  }

  seconds(name: string): number | undefined {
    return this.#checked(name, "a duration such as 1m30s", secondsOf);
  }

  strings(name: string): readonly string[] {
    const read = (value: unknown) =>
      Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
    return this.#checked(name, "a list of texts", read) ?? [];
  }

  /** Returns texts by name, such as labels. */
  texts(name: string): Readonly<Record<string, string>> | undefined {
    return this.#checked(name, "a mapping of texts", (value) =>
      isRecord(value) && Object.values(value).every((item) => typeof item === "string")
        ? (value as Readonly<Record<string, string>>)
        : undefined,
    );
  }

  /** Returns values for templates. A text that begins with `$` names a parameter. */
  templateParameters(): Readonly<Record<string, Value>> {
    const raw = this.raw("templateParams") ?? {};
    if (!isRecord(raw)) {
      this.problem(`templateParams: wanted a mapping, got ${JSON.stringify(raw)}`);
      return {};
    }
    const entries = Object.entries(raw).map(([name, given]) => {
      if (typeof given !== "string" || !given.startsWith("$")) return [name, given];
      try {
        return [name, this.#parameters.get(given)];
      } catch (error) {
        this.problem(`templateParams.${name}: ${(error as Error).message}`);
        return [name, ""];
      }
    });
    return Object.fromEntries(entries) as Readonly<Record<string, Value>>;
  }

  /** Returns the fields of a mapping inside; undefined without it. The caller calls its `end`. */
  inside(name: string): Fields | undefined {
    const raw = this.raw(name);
    return raw === undefined ? undefined : new Fields(raw, `${this.#at}.${name}`, this.#problems, this.#parameters);
  }

  /** Adds a problem for each field that was not read. */
  end(): void {
    for (const name of Object.keys(this.#raw).filter((key) => !this.#read.has(key))) {
      const reason = refusedFields[name];
      this.problem(reason === undefined ? `there is no field ${name}` : `${name} is refused: ${reason}`);
    }
  }
}
