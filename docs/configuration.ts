import {
  poolsKey,
  readPoolSchema,
  readSchema,
  readSimulatedSchema,
  simulatedKey,
  type PoolKeySchema,
  type Value,
} from "../config/schema.ts";

const head = `# Configuration

Set a key with \`npm run pulumi -- config set KEY VALUE\`, or in \`Pulumi.<stack>.yaml\` under \`config:\` as \`nodeforge:KEY\`.
Everything is checked before anything is created; one error names every wrong key. Sizes carry their unit in their name.

This page is written by \`npm run docs\` from \`Pulumi.yaml\`, which declares the keys.

`;

const tableHead = `| key | type | default | meaning |
| --- | --- | --- | --- |
`;

const poolHead = `
## Worker pools

Each object of \`${poolsKey}\` is a pool. A pool inherits the value of the plain key for a key that it leaves out. You can add,
remove and change pools one by one. Only the workers of a changed pool are created, removed or replaced.

`;

const simulatedHead = `
## Simulated nodes

Each object of \`${simulatedKey}\` is a pool of nodes without machines. [operations.md](operations.md#simulated-nodes) shows how
to use them.

`;

/** Text of the configuration reference. */
export function configurationPage(): string {
  return head + table(readSchema()) + poolHead + table(readPoolSchema()) + simulatedHead + table(readSimulatedSchema());
}

function table(schema: ReadonlyMap<string, PoolKeySchema>): string {
  const rows = [...schema].map(([key, { type, default: fallback, description, plain, required }]) => {
    const otherwise = plain ? `\`${plain}\`` : required ? "required" : show(fallback);
    return `| \`${key}\` | ${type} | ${otherwise} | ${description.replaceAll("|", "\\|")} |\n`;
  });
  return tableHead + rows.join("");
}

function show(value: Value): string {
  return value === "" ? "unset" : `\`${JSON.stringify(value).replaceAll('"', "")}\``;
}
