/**
 * Asks npm's advisories and Go's vulnerability database about every package of this checkout: `npm run audit`.
 *
 * It fails at a known vulnerability without an exception, and at a wrong, expired or unused exception of audit-exceptions.yaml.
 * The exit code is 3 when a database cannot be reached, and nothing else is wrong.
 */
import { readFileSync } from "node:fs";
import { execa } from "execa";
import { inCheckout } from "../lib/checkout.ts";
import { goSets, type GoSet } from "../tools/go-sets.ts";
import { readExceptions } from "./audit/exceptions.ts";
import type { Answer, Finding } from "./audit/finding.ts";
import { isUnreachable, readGovulncheck } from "./audit/govulncheck.ts";
import { readNpmAudit } from "./audit/npm-audit.ts";
import { judge } from "./audit/verdict.ts";
import { goTool } from "./support/go-tool.ts";

const exceptions = readExceptions(readFileSync(inCheckout("audit-exceptions.yaml"), "utf8"), Date.now());
const { lines, exitCode } = judge({ npm: await askNpm(), Go: await askGo() }, exceptions);
console.log(lines.join("\n"));
process.exit(exitCode);

async function askNpm(): Promise<Answer> {
  // The exit code is 1 with findings, and when the registry has no advisories. The output tells them apart.
  const { stdout } = await execa("npm", ["audit", "--json", "--package-lock-only"], {
    cwd: inCheckout(),
    reject: false,
    timeout: 300_000,
  });
  return readNpmAudit(stdout);
}

async function askGo(): Promise<Answer> {
  const scanner = await goTool({ name: "govulncheck", package: "golang.org/x/vuln/cmd/govulncheck" }, "1 min");
  const byId = new Map<string, Finding>();
  for (const set of goSets) {
    const answer = await scan(scanner, set);
    if ("unavailable" in answer) return answer;
    for (const finding of answer.findings) {
      const packages = [...new Set([...(byId.get(finding.id)?.packages ?? []), ...finding.packages])].sort();
      byId.set(finding.id, { ...finding, packages });
    }
  }
  return { findings: [...byId.values()] };
}

/** Asks about the packages that programs import. A search of the called functions would take gigabytes for Kubernetes. */
async function scan(scanner: string, { folder, programs }: GoSet): Promise<Answer> {
  const packages = programs.map((program) => program.package);
  const cgo = programs.some((program) => program.cgo === true);
  const result = await execa(scanner, ["-C", folder, "-format", "json", "-scan", "package", ...packages], {
    env: {
      GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto",
      GOFLAGS: "-mod=readonly",
      GOWORK: "off",
      CGO_ENABLED: cgo ? "1" : "0",
    },
    reject: false,
    timeout: 20 * 60_000,
    maxBuffer: 500e6,
  });
  if (isUnreachable(result.stderr)) return { unavailable: result.stderr.trim() };
  // With this format, the exit code is 0 with findings.
  if (result.failed) throw new Error(`govulncheck in ${folder}: ${result.shortMessage}\n${result.stderr}`);
  return readGovulncheck(result.stdout);
}
