/**
 * Asks npm's advisories and Go's vulnerability database about every package and Go module of this checkout: `npm run audit`.
 *
 * It fails at a known vulnerability without an exception, and at a wrong, expired or unused exception of audit-exceptions.yaml.
 * The exit code is 3 when a database cannot be reached, and nothing else is wrong.
 */
import { readFileSync } from "node:fs";
import { execa } from "execa";
import { inCheckout } from "../lib/checkout.ts";
import { goSets } from "../tools/go-sets.ts";
import { readExceptions } from "./audit/exceptions.ts";
import type { Answer } from "./audit/finding.ts";
import { scanSets } from "./audit/go-scan.ts";
import { readNpmAudit } from "./audit/npm-audit.ts";
import { judge } from "./audit/verdict.ts";
import { goTool } from "./support/go-tool.ts";

const exceptions = readExceptions(readFileSync(inCheckout("audit-exceptions.yaml"), "utf8"), Date.now());
const { lines, exitCode } = judge(
  { npm: await askNpm(), Go: await scanSets(await goTool("govulncheck"), goSets) },
  exceptions,
);
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
