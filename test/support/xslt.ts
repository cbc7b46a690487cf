import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Applies a stylesheet to XML with xsltproc, the program that the provider (0.8.3) uses. */
export function applyStylesheet(xslt: string, xml: string): string {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-xslt-"));
  try {
    const path = join(folder, "stylesheet.xsl");
    writeFileSync(path, xslt);
    return execFileSync("xsltproc", ["--nonet", path, "-"], { input: xml, encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
