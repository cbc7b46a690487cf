import { execa } from "execa";
import { run } from "../../lib/process.ts";
import { environmentOf } from "../../tools/go.ts";
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
async function scan(scanner: string, set: GoSet): Promise<Answer> {
  const { folder } = set;
  const result = await execa(
    scanner,
    ["-C", folder, "-format", "json", "-scan", "package", ...(await packagesOf(set))],
    {
      env: environmentOfSet(set),
      reject: false,
      timeout: 20 * 60_000,
      maxBuffer: 500e6,
    },
  );
  if (isUnreachable(result.stderr)) return { unavailable: result.stderr.trim() };
  // With this format, the exit code is 0 with findings.
  if (result.failed) throw new Error(`govulncheck in ${folder}: ${result.shortMessage}\n${result.stderr}`);
  return readGovulncheck(result.stdout);
}

/** Packages of a module's programs. For tests also those that they import, because govulncheck leaves them out with `-test`. */
async function packagesOf(set: GoSet): Promise<readonly string[]> {
  const own = set.programs.map((program) => program.package);
  if (set.tests !== true) return own;
  const format = "{{range .TestImports}}{{println .}}{{end}}{{range .XTestImports}}{{println .}}{{end}}";
  const text = await run("go", ["list", "-f", format, ...own], {
    cwd: set.folder,
    env: environmentOfSet(set),
    timeout: 10 * 60_000,
  });
  return [...new Set([...own, ...text.split("\n").filter(Boolean)])];
}

function environmentOfSet({ programs }: GoSet): Readonly<Record<string, string>> {
  return environmentOf({ name: "", package: "", cgo: programs.some(({ cgo }) => cgo === true) });
}
