import { shortDigest } from "../../lib/digest.ts";
import { duration } from "../../lib/log.ts";
import type { ArchivedRun, ReadableRun } from "./archive.ts";
import { files } from "./folder.ts";
import { phaseTable } from "./phases.ts";
import type { RunRecord } from "./record.ts";
import { columns } from "../../lib/table.ts";

/** Returns a table of runs, one row each. */
export function listing(runs: readonly ArchivedRun[]): string {
  if (runs.length === 0) return "no run is recorded yet; `npm run up` records the first";
  const rows = runs.map(({ name, record }) => {
    if (record instanceof Error) return [name, "", "", `unreadable: ${record.message}`];
    const { stack, command, outcome, nodes, image } = record;
    return [name, stack, command, outcome, durationOf(record), String(nodes.length), shortDigest(image.sha256 ?? "-")];
  });
  return columns([["RUN", "STACK", "COMMAND", "OUTCOME", "TOOK", "NODES", "IMAGE"], ...rows]);
}

/** Describes a run as text for a terminal. */
export function description({ name, folder, record }: ReadableRun): string {
  const { changes, nodes, notes } = record;
  const facts = [
    ["run", name],
    [
      "command",
      ["npm run", record.command, ...(record.arguments.length > 0 ? ["--", ...record.arguments] : [])].join(" "),
    ],
    ["stack", record.stack],
    ["outcome", `${record.outcome}${record.exitCode === null ? "" : ` (exit code ${record.exitCode})`}`],
    ["start", record.start],
    ["took", durationOf(record)],
    ["image", record.image.sha256 ?? "unknown"],
    ["revision", record.git === null ? "unknown" : `${record.git.revision}${record.git.dirty ? " with changes" : ""}`],
    [
      "changes",
      changes === null
        ? "unknown"
        : Object.entries(changes)
            .map(([what, count]) => `${count} ${what}`)
            .join(", "),
    ],
  ];
  const sections = [
    columns(facts),
    notes.join("\n"),
    nodes.length === 0
      ? ""
      : columns([["NODE", "ROLE", "ADDRESS"], ...nodes.map((node) => [node.name, node.role, node.address])]),
    phases(record),
    [files.record, files.report, ...record.logs].map((file) => `${folder}/${file}`).join("\n"),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

/** Duration of a run; `-` while it is not known. */
function durationOf({ seconds }: RunRecord): string {
  return seconds === null ? "-" : duration(seconds * 1000);
}

function phases({ timings }: RunRecord): string {
  const rows = phaseTable(timings).map(({ node, phase, seconds }) => [node, phase, String(seconds)]);
  return rows.length === 0 ? "" : columns([["NODE", "PHASE", "SECONDS"], ...rows]);
}
