import { join, relative } from "node:path";
import { checkout } from "../../lib/checkout.ts";
import { logLine } from "../../lib/log.ts";
import { plainText } from "../../lib/plain-text.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { redact } from "../../lib/redact.ts";
import { collect, nodeTable, type DiagnosedSession } from "./collect.ts";
import { report, type Report } from "./report.ts";

/** Where a failed run keeps its things, and what it printed. */
export interface FailedRun {
  readonly folder: string;
  /** Everything the run printed; "" when that was not kept. */
  readonly log: string;
}

/**
 * Collects what may tell why a run failed into `<folder>/diagnosis/`, within a few minutes. Never throws.
 * @returns A few lines: what failed, the most likely cause, what to do, and the folder.
 */
export async function explainFailure(session: DiagnosedSession, { folder, log }: FailedRun): Promise<string> {
  try {
    return (await diagnose(session, join(folder, "diagnosis"), log)).text;
  } catch (error) {
    // The failure that is explained must stay the one that is seen.
    return `The failure could not be explained: ${redact(plainText((error as Error).message).split("\n")[0] ?? "")}`;
  }
}

/** Collects into a folder, writes summary.md there, and judges. */
export async function diagnose(session: DiagnosedSession, folder: string, log = ""): Promise<Report> {
  logLine(`collecting what nodes, libvirt and Kubernetes say, for at most 5 minutes`);
  const evidence = await collect(session, folder, redact(plainText(log)));
  const shown = folder.startsWith(`${checkout}/`) ? relative(checkout, folder) : folder;
  const result = report(evidence, { stack: session.stack, folder: shown, table: nodeTable(evidence) });
  await writeOwn(join(folder, "summary.md"), result.summary);
  return result;
}
