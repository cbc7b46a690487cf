import type { Exceptions } from "./exceptions.ts";
import type { Answer, Database, Finding } from "./finding.ts";

/** Result of an audit. */
export interface Verdict {
  /** Lines for a person. */
  readonly lines: readonly string[];
  /** 0: nothing found. 1: a finding or an exception is wrong. 3: a database was not asked, and nothing else is wrong. */
  readonly exitCode: 0 | 1 | 3;
}

/** Judges the answers of the scanners with the exceptions. An exception of a database that was not asked is not judged. */
export function judge(answers: Readonly<Record<Database, Answer>>, { valid, problems }: Exceptions): Verdict {
  const findings: readonly Finding[] = Object.values(answers).flatMap((answer) =>
    "findings" in answer ? answer.findings : [],
  );
  const unasked = (["npm", "Go"] as const).flatMap((database) => {
    const answer = answers[database];
    return "unavailable" in answer ? [{ database, why: answer.unavailable }] : [];
  });
  const isExcepted = ({ id }: Finding) => valid.some((exception) => exception.id === id);
  const open = findings.filter((finding) => !isExcepted(finding)).map(describe);
  const unused = valid
    .filter(({ id, database }) => "findings" in answers[database] && !findings.some((finding) => finding.id === id))
    .map(({ id }) => `${id}: no finding needs its exception. Fix: delete it from audit-exceptions.yaml`);
  const accepted = valid
    .filter(({ id }) => findings.some((finding) => finding.id === id))
    .map(({ id, expires, reason }) => `${id}: accepted until ${expires}, because ${reason.trim()}`);
  const wrong = [...problems, ...unused, ...open];
  return {
    lines: [
      ...accepted,
      ...wrong,
      ...unasked.map(({ database, why }) => `${database}: its database was not asked: ${why}`),
      `${findings.length} known vulnerabilities, ${accepted.length} accepted, ${wrong.length} problems`,
    ],
    exitCode: wrong.length > 0 ? 1 : unasked.length > 0 ? 3 : 0,
  };
}

function describe({ id, packages, summary, fix }: Finding): string {
  const advice = fix === "" ? "no fixed version is known; judge it, and add an exception" : `update to ${fix}`;
  return `${id}: ${packages.join(", ")}: ${summary}. Fix: ${advice}`;
}
