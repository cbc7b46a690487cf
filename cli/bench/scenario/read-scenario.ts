import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import type { Scenario } from "./scenario.ts";
import { reasonOf } from "../../../lib/outside.ts";
import { sweepOf } from "./sweep.ts";
import { problemsOf, type CompleteDocument } from "./validate.ts";

/** Largest accepted file in bytes. A scenario has a few thousand, and the YAML reader's time grows with the square of the keys. */
const maximum = 64 * 1024;

/**
 * Reads a scenario file.
 * @param settings Texts such as `repetitions=5`; several values such as `repetitions=5,10` make one scenario each.
 * @throws one error that names every wrong key, what was expected and what was given.
 */
export function readScenario(path: string, settings: readonly string[] = []): readonly Scenario[] {
  const document = readDocument(path);
  const name = basename(path).replace(/\.ya?ml$/, "");
  const problems: string[] = [];
  const scenarios = sweepOf(document, settings).map(({ document: point, suffix }) => {
    const written = structuredClone(point);
    problems.push(...problemsOf(point));
    const complete = point as unknown as CompleteDocument;
    return { ...complete, name: `${name}${suffix}`, workload: withParams(complete.workload), document: written };
  });
  if (problems.length > 0) {
    const lines = [...new Set(problems)].map((problem) => `- ${problem}`);
    throw new Error(`the scenario ${path} is wrong:\n${lines.join("\n")}\nFix: docs/benchmarking.md lists the keys`);
  }
  return scenarios;
}

function readDocument(path: string): Record<string, unknown> {
  let text: string;
  try {
    const file = statSync(path);
    const { size } = file;
    if (!file.isFile()) throw new Error("it is no file");
    if (size > maximum) throw new Error(`it has ${size} bytes, expected at most ${maximum}`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`the scenario ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let document: unknown;
  try {
    // An alias may stand for more than the file's size.
    document = parse(text, { maxAliasCount: 100, uniqueKeys: true, logLevel: "error" });
    // The record has the scenario as JSON, which an alias of its own parent is not.
    document = JSON.parse(JSON.stringify(document)) as unknown;
  } catch (error) {
    throw new Error(`the scenario ${path} is no YAML: ${reasonOf(error)}`, { cause: error });
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new Error(`the scenario ${path} is wrong: expected keys and values at the top`);
  }
  return document as Record<string, unknown>;
}

/** ajv sets no defaults inside of a condition. A wrong workload is reported beside this. */
function withParams(workload: Scenario["workload"] | undefined): Scenario["workload"] {
  const given = (workload ?? {}) as Scenario["workload"];
  return given.from === "openb" ? given : { ...given, params: given.params ?? {} };
}
