import schema from "./run-record.schema.json" with { type: "json" };

/** The part of JSON Schema that the record's own is written in. */
interface Field {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly items?: Field;
}

const head = `# Record of a run

Each \`npm run up\` leaves a folder \`runs/<time>-<stack>/\`, so that a benchmark can be explained and repeated. Only its owner can read it; git ignores it; nothing
but \`prune\` deletes one. Recording never fails a run: what goes wrong with it is a warning.

| file          | what it is |
| ------------- | ---------------------------------------------------------------------------------------------------------------- |
| \`record.json\` | what was run, on what, with what, and how it went: the fields below, checked by \`docs/run-record.schema.json\` |
| \`pulumi.log\`  | what Pulumi printed, without colours; on a terminal, what was left on the screen |
| \`report.html\` | the same for a person: one page without scripts, that loads nothing |

| command                               | what it shows |
| ------------------------------------- | ----------------------------------------------------------------------------------- |
| \`npm run runs\`                        | all runs, the oldest first |
| \`npm run runs -- show RUN\`            | one run |
| \`npm run runs -- compare RUN RUN\`     | what differs in configuration, versions and image; timings side by side with a ratio |
| \`npm run runs -- prune\`               | removes runs and diagnoses older than 30 days, or \`--older-than DAYS\`; the last run of each stack and one that goes on stay |

RUN is \`latest\`, \`previous\`, or the beginning of one name. A run that was killed is shown as \`interrupted\`.

Everything is redacted before it is written: private keys, tokens, passwords and passphrases, also in URLs, options, variables, YAML and JSON
(\`lib/secret-patterns.ts\` has the list, which diagnoses use as well). Where an argument makes Pulumi show secrets (\`--debug\`, \`--logtostderr\`,
\`--show-secrets\`), what it prints is not kept. A terminal's display is followed by \`script\` of util-linux; elsewhere each line is in the log as soon as it is complete.

To repeat a run, check out \`git.revision\`, use the image with \`image.sha256\` and the settings of \`configuration\`, then \`npm run up\`; \`compare\` tells what still differs.

## Fields of record.json

This page is written by \`npm run docs\` from \`docs/run-record.schema.json\`.

| field | type | meaning |
| --- | --- | --- |
`;

/** Text of the page about the record. */
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
