import schema from "./run-record.schema.json" with { type: "json" };

/** Keywords of JSON Schema that the record's schema uses. */
interface Field {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly items?: Field;
}

const head = `# Record of a run

Each \`npm run up\` and \`npm run bench\` writes a folder \`runs/<time>-<stack>/\`, so that you can explain and repeat it. Only its owner can
read the folder. git ignores it, and only \`npm run runs -- prune\` deletes it. A failure to record is a warning and never fails
a run.

| file          | content |
| ------------- | ---------------------------------------------------------------------------------------------------------------- |
| \`record.json\` | the command, its surroundings and its result: the fields below, checked by \`docs/run-record.schema.json\` |
| \`pulumi.log\`  | Pulumi's output without colours; on a terminal, the last state of the screen |
| \`report.html\` | the same as one page, without scripts and without requests to other addresses |

A run of \`npm run bench\` has these files, too. [benchmarking.md](benchmarking.md) explains them:

| file              | content |
| ----------------- | ---------------------------------------------------------------------------------------------------------------- |
| \`bench.json\`      | the scenario, and all measures, summaries, ratios and verdicts |
| \`dataitems.json\`  | the results in the format of scheduler_perf |
| \`benchstat.txt\`   | the results in Go's benchmark format, a line for each repetition |
| \`pods.csv.gz\`     | a line for each measured pod |
| \`repetitions/\`    | pods, nodes and usage of each repetition, as compressed JSON |
| \`metrics/\`        | metrics of the components before and after each repetition |
| \`inputs/\`         | scenario, templates and configurations as used |
| \`logs/\`           | the scheduler's journal of each repetition |
| \`junit.xml\`       | the thresholds as test cases |
| \`summary.md\`      | verdicts and medians, for a pull request |
| \`bench.html\`      | the report with its plots: one page without scripts |

A run of \`npm run test:conformance\` has \`conformance.json\` (each case with its outcome, seconds and reason), \`junit.xml\` and
\`conformance.log\`, and no \`pulumi.log\`. With \`--bare\` the folder ends in \`@bare\`, and the record has no settings, no hypervisor and
no image. [conformance.md](conformance.md) has the results.

| command                               | effect |
| ------------------------------------- | ----------------------------------------------------------------------------------- |
| \`npm run runs\`                        | lists all runs, the oldest first |
| \`npm run runs -- show RUN\`            | shows one run |
| \`npm run runs -- compare RUN RUN\`     | shows the differences in configuration, versions and image, and the timings side by side with their ratio |
| \`npm run runs -- prune\`               | deletes runs and diagnoses older than 30 days, or \`--older-than DAYS\`; keeps the last run of each stack and a running one |

RUN is \`latest\`, \`previous\`, or the beginning of one name. A killed run is shown as \`interrupted\`.

Every file is redacted before it is written: private keys, tokens, passwords and passphrases, also in URLs, options, variables,
YAML and JSON. Diagnoses use the same list, \`lib/secret-patterns.ts\`. Pulumi's output is not kept where an argument makes Pulumi
show secrets: \`--debug\`, \`--logtostderr\`, \`--show-secrets\`. On a terminal, \`script\` of util-linux records the display.
Elsewhere the log has each line as soon as the line is complete.

To repeat a run, check out \`git.revision\`. Use the image with \`image.sha256\` and the settings of \`configuration\`, and run
\`npm run up\`. \`npm run runs -- compare\` then shows the remaining differences.

## Fields of record.json

\`npm run docs\` writes this page from \`docs/run-record.schema.json\`.

| field | type | meaning |
| --- | --- | --- |
`;

/** Returns the text of the page about the record. */
export function runRecordPage(): string {
  return head + rows("", schema).join("");
}

function rows(path: string, field: Field): string[] {
  const { properties, items } = field;
  const own =
    path === "" ? [] : [`| \`${path}\` | ${typeOf(field)} | ${field.description?.replaceAll("|", "\\|")} |\n`];
  const parts = Object.entries(properties ?? {}).flatMap(([key, part]) =>
    rows(path === "" ? key : `${path}.${key}`, part),
  );
  const elements = items?.properties === undefined ? [] : rows(`${path}[]`, items);
  return [...own, ...parts, ...elements];
}

function typeOf({ type, enum: choices, const: constant }: Field): string {
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  return [type].flat().join(" or ");
}
