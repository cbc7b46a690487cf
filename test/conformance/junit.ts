import { attribute, childrenOf, rootOf, textOf, xmlOf } from "../../libvirt/xml.ts";
import { compareNames } from "../../lib/name-order.ts";
import { redact } from "../../lib/redact.ts";

/** End of a case. `interrupted`: while it ran. `not run`: the run ended before. */
export type Outcome = "passed" | "failed" | "skipped" | "interrupted" | "not run";

/** Result of a case, or of the preparation of all cases. */
export interface CaseResult {
  /** Full name; for the preparation the name that Ginkgo gives it, e.g. `[SynchronizedBeforeSuite]`. */
  readonly name: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** First line of the failure, or why the case skipped itself. */
  readonly reason?: string;
}

/** Results in Ginkgo's JUnit report. */
export interface Junit {
  readonly results: readonly CaseResult[];
  /** The report without secrets, and without the cases that were not chosen. */
  readonly xml: string;
}

/** Ginkgo's states (types/types.go of 2.28). Another state is a failure. */
const outcomes: Readonly<Record<string, Outcome>> = {
  passed: "passed",
  skipped: "skipped",
  interrupted: "interrupted",
};

/** Longest reason in characters. Gomega prints whole objects. */
const longestReason = 200;

/**
 * Reads Ginkgo's JUnit report, which has a row for each of the 7,000 end-to-end tests. Only rows of chosen cases count, and
 * rows of preparation or clean-up that did not pass.
 * @param chosen Names of the cases that were to run. A case without a row did not run.
 */
export function readJunit(xml: string, chosen: readonly string[]): Junit {
  const root = rootOf(xml);
  const wanted = new Set(chosen);
  const results = new Map<string, CaseResult>();
  for (const suite of childrenOf(root, "testsuite")) {
    for (const row of childrenOf(suite, "testcase")) {
      const result = resultOf(row);
      const isOfSuite = !(attribute(row, "name") ?? "").startsWith("[It]");
      if (wanted.has(result.name) || (isOfSuite && !["passed", "not run"].includes(result.outcome))) {
        results.set(result.name, result);
        removeSecrets(row);
      } else {
        // Its line end goes with it, because thousands of them would stay.
        const gap = row.previousSibling;
        if (gap?.nodeType === 3) suite.removeChild(gap);
        suite.removeChild(row);
      }
    }
  }
  const missing = chosen.filter((name) => !results.has(name));
  const all = [...results.values(), ...missing.map((name) => ({ name, outcome: "not run" as const, seconds: 0 }))];
  return { results: all.sort((a, b) => compareNames(a.name, b.name)), xml: `${xmlOf(root)}\n` };
}

type Row = ReturnType<typeof childrenOf>[number];

function resultOf(row: Row): CaseResult {
  const name = (attribute(row, "name") ?? "").replace(/^\[It\] /, "");
  const status = outcomes[attribute(row, "status") ?? ""] ?? "failed";
  const [skipped] = childrenOf(row, "skipped");
  const said = attribute(skipped, "message")?.replace(/^skipped( - )?/, "") ?? "";
  // Ginkgo skips every case without a reason once a run is interrupted, or its preparation has failed.
  const outcome = status === "skipped" && said === "" ? "not run" : status;
  const [problem] = [...childrenOf(row, "failure"), ...childrenOf(row, "error")];
  const reason = firstLine(outcome === "skipped" ? said : (textOf(problem) ?? ""));
  const seconds = Number(attribute(row, "time") ?? 0);
  return { name, outcome, seconds, ...(reason === "" ? {} : { reason }) };
}

/** Redacts the outputs of a case. Redacted as a whole, a report would lose ends of elements. */
function removeSecrets(row: Row): void {
  for (const tag of ["failure", "error", "system-out", "system-err"]) {
    for (const element of childrenOf(row, tag)) element.textContent = redact(element.textContent ?? "");
  }
}

function firstLine(text: string): string {
  const [line = ""] = redact(text)
    .replace(/^\[[A-Z]+\] /, "")
    .split("\n");
  return line.length > longestReason ? `${line.slice(0, longestReason)}…` : line.trim();
}
