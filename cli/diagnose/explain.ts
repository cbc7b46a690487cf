import { join, relative } from "node:path";
import { checkout } from "../../lib/checkout.ts";
import { logLine } from "../../lib/log.ts";
import { plainText } from "../../lib/plain-text.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { redact } from "../../lib/redact.ts";
import { collect, nodeTable, type DiagnosedSession } from "./collect.ts";
import { report, type Report } from "./report.ts";

/** Folder and output of a failed run. */
export interface FailedRun {
  readonly folder: string;
  /** Output of the run; "" when it was not kept. */
  readonly log: string;
}

/**
 * Diagnoses a failed run into `<folder>/diagnosis/`, within a few minutes. Never throws.
 * @returns A few lines: the failed steps, the most likely cause, its fix, and the folder.
 */
export async function explainFailure(session: DiagnosedSession, { folder, log }: FailedRun): Promise<string> {
  try {
    return (await diagnose(session, join(folder, "diagnosis"), log)).text;
  } catch (error) {
    // An error of the diagnosis must not hide the failure.
    return `The failure could not be diagnosed: ${redact(plainText((error as Error).message).split("\n")[0] ?? "")}`;
  }
}

/** Collects evidence into a folder, finds the causes, and writes summary.md there. */
export async function diagnose(session: DiagnosedSession, folder: string, log = ""): Promise<Report> {
  logLine("asking the nodes, libvirt and Kubernetes for their state, for at most 5 minutes");
  const evidence = await collect(session, folder, redact(plainText(log)));
  const shown = folder.startsWith(`${checkout}/`) ? relative(checkout, folder) : folder;
  const result = report(evidence, { stack: session.stack, folder: shown, table: nodeTable(evidence) });
  await writeOwn(join(folder, "summary.md"), result.summary);
  return result;
}
