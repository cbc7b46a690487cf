import { escaped, pairs, table } from "../../lib/html.ts";
import { phaseTable } from "./phases.ts";
import type { RunRecord } from "./record.ts";
import { shortDigest } from "../../lib/digest.ts";

/** Returns an HTML page about a run: one file without scripts, which loads nothing. */
export function reportPage(record: RunRecord): string {
  const { stack, command, arguments: args, outcome, exitCode, start, end, seconds, notes, changes, nodes } = record;
  const title = `${command} ${stack}: ${outcome}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
<h1 class="${escaped(outcome)}">${escaped(title)}</h1>
${pairs({
  command: ["npm run", command, ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
  cluster: record.cluster,
  start,
  end,
  seconds,
  "exit code": exitCode,
})}
${notes.map((note) => `<p>${escaped(note)}</p>\n`).join("")}<h2>Changes</h2>
${changes === null ? "<p>None, or Pulumi printed no summary.</p>" : pairs(changes)}
<h2>Nodes</h2>
${table(
  ["node", "role", "pool", "address", "image"],
  // Twelve digits, as in the names of base volumes.
  nodes.map(({ name, role, pool = "", address, image }) => [name, role, pool, address, shortDigest(image)]),
)}
<h2>Phases</h2>
${phases(record)}
<h2>Image</h2>
${pairs({ location: record.image.location, "SHA-256": record.image.sha256 })}
<h2>Versions</h2>
${pairs(flat({ ...record.versions, image: record.image.manifest?.versions ?? {} }))}
<h2>Machine</h2>
${pairs({ ...record.hypervisor, ...record.machine, ...flat({ git: record.git ?? "not a repository" }) })}
<h2>Configuration</h2>
${pairs(record.configuration)}
</html>
`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1.succeeded { color: #17692c; } h1.failed, h1.interrupted { color: #a11; }
table { border-collapse: collapse; } th, td { text-align: left; padding: 0.1rem 1.5rem 0.1rem 0; vertical-align: top; }
th { font-weight: 600; } td { overflow-wrap: anywhere; } td.number { text-align: right; }
.bar { background: #4a7fb5; height: 0.8rem; min-width: 1px; } td.wide { width: 30rem; }
`;

/** Returns a bar for each phase of each node. The bar of the longest phase is as wide as the column. */
function phases({ timings }: RunRecord): string {
  const rows = phaseTable(timings);
  const longest = Math.max(...rows.map(({ seconds }) => seconds), Number.MIN_VALUE);
  const lines = rows.map(({ node, phase, seconds }) => {
    const width = ((100 * seconds) / longest).toFixed(1);
    return (
      `<tr><td>${escaped(node)}</td><td>${escaped(phase)}</td><td class="number">${escaped(seconds)}</td>` +
      `<td class="wide"><div class="bar" style="width:${width}%"></div></td></tr>\n`
    );
  });
  return rows.length === 0
    ? "<p>None: the run ended before the first phase.</p>"
    : `<table>\n<tr><th>node</th><th>phase</th><th>seconds</th><th></th></tr>\n${lines.join("")}</table>`;
}

/** Removes one level of an object: `{ a: { b: 1 } }` becomes `{ "a b": 1 }`. */
function flat(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) =>
      typeof value === "object" && value !== null
        ? Object.entries(value as object).map(([part, inner]): [string, unknown] => [`${key} ${part}`, inner])
        : [[key, value] as [string, unknown]],
    ),
  );
}
