import { execa } from "execa";
import type { GoSet } from "../../tools/go-sets.ts";
import type { Answer, Finding } from "./finding.ts";
import { isUnreachable, readGovulncheck } from "./govulncheck.ts";

/**
 * Asks Go's vulnerability database about every program of some modules. A finding of several modules counts once, with the
 * packages of all.
 * @param scanner Path of govulncheck.
 * @throws naming the module when the scanner fails.
 */
export async function scanSets(scanner: string, sets: readonly GoSet[]): Promise<Answer> {
  const byId = new Map<string, Finding>();
  for (const set of sets) {
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
async function scan(scanner: string, { folder, programs, tests = false }: GoSet): Promise<Answer> {
  const packages = programs.map((program) => program.package);
  const cgo = programs.some((program) => program.cgo === true);
  const scope = ["-scan", "package", ...(tests ? ["-test"] : [])];
  const result = await execa(scanner, ["-C", folder, "-format", "json", ...scope, ...packages], {
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
