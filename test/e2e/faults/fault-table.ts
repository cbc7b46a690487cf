import { escapeMarkdown } from "../../../lib/markdown.ts";

/** Result of one fault, in the words of the commands that you see. */
export interface FaultRow {
  readonly fault: string;
  /** Output of the command during or after the fault, in short. */
  readonly saw: string;
  /** Result of the next `up`. */
  readonly next: string;
  /** Everything that was lost. */
  readonly lost: readonly string[];
}

/** Rows of the faults that ran, as a table of Markdown. */
export class FaultTable {
  readonly #rows: FaultRow[] = [];

  add(row: FaultRow): void {
    this.#rows.push(row);
  }

  /** Prints the table, or nothing without a row. */
  print(): void {
    if (this.#rows.length === 0) return;
    const lines = this.#rows.map(({ fault, saw, next, lost }) =>
      [fault, saw, next, lost.length === 0 ? "nothing" : lost.join("; ")].map(short).map(escapeMarkdown).join(" | "),
    );
    const head = ["fault | what you see | the next `up` | lost", "--- | --- | --- | ---"];
    console.log(["", ...[...head, ...lines].map((line) => `| ${line} |`), ""].join("\n"));
  }
}

/** Longest text of a cell. A table needs the message, and no log. */
const longest = 600;

function short(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Lines of a diagnosis: the failed steps, the cause and its fix. */
const diagnosed = [
  /^Most likely: /,
  /^No known cause fits/,
  /^Fix: /,
  /^[\w-]+(, [\w-]+)*: [\w -]+ (failed|was not reached or failed)$/,
  /: not Ready$/,
];

/** Lines of a refusal, which gets no diagnosis. */
const refused = [/^FAIL /, /^error: /, /^Nothing was /, /: expected .*, got /, /Fix: /];

/** Lines about what `up` repairs before it plans. */
const repairing =
  /^\[nodeforge\] (.*(recovering it|removed |kept |releasing the lock|resuming it|starting it|restoring them|it is set|does not answer|could not be refreshed).*)$/;

/** Returns the explanation of a failure, or the repairs and the result of a command that succeeded. */
export function shown(output: string, exitCode: number): string {
  const lines = output.split("\n").map((line) => line.trim());
  const repairs = lines.flatMap((line) => repairing.exec(line)?.[1] ?? []);
  const about = (patterns: readonly RegExp[]) => lines.filter((line) => patterns.some((words) => words.test(line)));
  const diagnosis = about(diagnosed);
  const told = diagnosis.some((line) => !line.startsWith("Fix: ")) ? diagnosis : about(refused);
  const total = lines.filter((line) => /^total .*, resources: /.test(line));
  const parts = exitCode === 0 ? ["succeeds", ...repairs, ...total] : ["fails", ...repairs, ...told];
  return [...new Set(parts)].join(" / ");
}
