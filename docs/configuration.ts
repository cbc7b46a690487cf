import { readSchema, type Value } from "../config/schema.ts";

const head = `# Configuration

Set a key with \`npm run pulumi -- config set KEY VALUE\`, or in \`Pulumi.<stack>.yaml\` under \`config:\` as \`nodeforge:KEY\`.
Everything is checked before anything is created; one error names every wrong key. Sizes carry their unit in their name.

This page is written by \`npm run docs\` from \`Pulumi.yaml\`, which declares the keys.

| key | type | default | meaning |
| --- | --- | --- | --- |
`;

/** Text of the configuration reference. */
export function configurationPage(): string {
  const rows = [...readSchema()].map(
    ([key, { type, default: fallback, description }]) =>
      `| \`${key}\` | ${type} | ${show(fallback)} | ${description.replaceAll("|", "\\|")} |\n`,
  );
  return head + rows.join("");
}

function show(value: Value): string {
  return value === "" ? "unset" : `\`${JSON.stringify(value).replaceAll('"', "")}\``;
}
