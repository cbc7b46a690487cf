import { checkShape, list, object, text as anyText } from "../../lib/outside.ts";
import type { Answer, Finding } from "./finding.ts";

/** A message of `govulncheck -format json` (https://pkg.go.dev/golang.org/x/vuln/internal/govulncheck). */
interface Message {
  readonly config?: { readonly protocol_version?: string };
  readonly osv?: { readonly id: string; readonly summary?: string };
  readonly finding?: FoundVulnerability;
}

interface FoundVulnerability {
  readonly osv: string;
  readonly fixed_version?: string;
  /** The first frame is the vulnerable one. */
  readonly trace: readonly { readonly module: string; readonly version?: string; readonly package?: string }[];
}

const source = { name: "the output of govulncheck", fix: "adapt test/audit/govulncheck.ts" };
const trace = list(object({ module: anyText }, { version: anyText, package: anyText }));
const shape = list(
  object(
    {},
    {
      config: object({}, { protocol_version: anyText }),
      osv: object({ id: anyText }, { summary: anyText }),
      finding: object({ osv: anyText, trace }, { fixed_version: anyText }),
    },
  ),
);

/**
 * Reads the output of `govulncheck -format json -scan package`. A vulnerability in a package that no program imports is no
 * finding. It has a finding of its module only.
 * @throws when the output has no configuration of protocol 1, or is no stream of messages.
 */
export function readGovulncheck(output: string): Extract<Answer, { readonly findings: unknown }> {
  const messages = messagesOf(output);
  const protocol = messages.find(({ config }) => config !== undefined)?.config?.protocol_version;
  if (protocol === undefined || !/^v1\./.test(protocol))
    throw new Error(
      `govulncheck speaks protocol ${protocol ?? "none"}, expected v1. Fix: adapt test/audit/govulncheck.ts`,
    );
  const summaries = new Map(messages.flatMap(({ osv }) => (osv === undefined ? [] : [[osv.id, osv.summary ?? ""]])));
  const byId = new Map<string, Finding>();
  for (const { finding } of messages) {
    const frame = finding?.trace[0];
    if (finding === undefined || frame?.package === undefined) continue;
    const { osv: id, fixed_version: fixed } = finding;
    const fix = fixed === undefined ? "" : `${frame.module}@${fixed}`;
    byId.set(id, {
      database: "Go",
      id,
      packages: [...new Set([...(byId.get(id)?.packages ?? []), frame.module])].sort(),
      summary: summaries.get(id) ?? "",
      fix,
    });
  }
  return { findings: [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1)) };
}

/** Whether govulncheck failed because its database cannot be reached. */
export function isUnreachable(errors: string): boolean {
  return /^govulncheck: fetching vulnerabilities: /m.test(errors);
}

/** The messages are one after the other, and only their own braces are at the beginning of a line. */
function messagesOf(output: string): readonly Message[] {
  const texts = output.split(/^(?<=^\}\n)(?=\{)/m).filter((text) => text.trim() !== "");
  let messages: unknown;
  try {
    messages = texts.map((text) => JSON.parse(text) as unknown);
  } catch (error) {
    throw new Error(`govulncheck wrote no stream of JSON, got ${JSON.stringify(output.slice(0, 200))}`, {
      cause: error,
    });
  }
  return checkShape<readonly Message[]>(messages, source, shape);
}
