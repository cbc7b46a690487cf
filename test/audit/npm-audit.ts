import { anyObject, checkShape, list, mapOf, number, object, text } from "../../lib/outside.ts";
import type { Answer, Finding } from "./finding.ts";

/** Part of the output of `npm audit --json`, version 2 of the report. */
interface Report {
  readonly auditReportVersion?: number;
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  /** Only where npm failed. */
  readonly message?: string;
  readonly error?: { readonly summary?: string; readonly code?: string };
}

interface Vulnerability {
  readonly name: string;
  /** Names of packages that pass theirs on, and advisories. */
  readonly via: readonly (string | Advisory)[];
  readonly fixAvailable: boolean | { readonly name: string; readonly version: string };
}

interface Advisory {
  readonly source: number;
  readonly title: string;
  readonly url: string;
  readonly severity: string;
}

const source = { name: "the report of npm audit", fix: "adapt test/audit/npm-audit.ts" };
const advisoryShape = object({ source: number, title: text, url: text, severity: text });
const fixShape = { anyOf: [{ type: "boolean" }, object({ name: text, version: text })] };
const via = list({ anyOf: [text, advisoryShape] });
const shape = object(
  {},
  {
    auditReportVersion: number,
    vulnerabilities: mapOf(object({ name: text, via, fixAvailable: fixShape })),
    message: text,
    error: { ...anyObject, properties: { summary: text, code: text } },
  },
);

/**
 * Reads the output of `npm audit --json`. A package that is only affected by another one is no finding of its own.
 * @throws when it is no report that is known.
 */
export function readNpmAudit(output: string): Answer {
  const report = parseReport(output);
  if (report.error !== undefined || report.message !== undefined) {
    const { message = "", error = {} } = report;
    return { unavailable: message || error.summary || error.code || "npm gave no reason" };
  }
  if (report.auditReportVersion !== 2 || report.vulnerabilities === undefined)
    throw new Error(
      `npm audit wrote a report of version ${report.auditReportVersion ?? "none"}, expected 2. Fix: use npm 7 or later`,
    );
  const byId = new Map<string, Finding>();
  for (const { name, via, fixAvailable } of Object.values(report.vulnerabilities)) {
    for (const advisory of via) {
      if (typeof advisory === "string") continue;
      const id = /GHSA-[\w-]+$/.exec(advisory.url)?.[0] ?? `npm-${advisory.source}`;
      byId.set(id, {
        database: "npm",
        id,
        packages: [...new Set([...(byId.get(id)?.packages ?? []), name])].sort(),
        summary: `${advisory.title} (${advisory.severity})`,
        fix: fixOf(fixAvailable),
      });
    }
  }
  return { findings: [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1)) };
}

function parseReport(output: string): Report {
  let report: unknown;
  try {
    report = JSON.parse(output);
  } catch (error) {
    throw new Error(`npm audit wrote no JSON, got ${JSON.stringify(output.slice(0, 200))}`, { cause: error });
  }
  return checkShape<Report>(report, source, shape);
}

function fixOf(available: Vulnerability["fixAvailable"]): string {
  if (typeof available === "boolean") return available ? "npm audit fix" : "";
  return `${available.name}@${available.version}`;
}
