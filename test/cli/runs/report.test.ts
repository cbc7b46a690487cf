import { describe, expect, test } from "vitest";
import { reportPage } from "../../../cli/runs/report.ts";
import { exampleRecord } from "./example-record.ts";

describe("the page about a run", () => {
  test("has a bar for each phase of each node, the longest as wide as the column", () => {
    const page = reportPage(exampleRecord());
    expect(page.match(/class="bar"/g)).toHaveLength(4);
    expect(page).toContain('<td>master</td><td>boot</td><td class="number">60</td>');
    expect(page).toContain('style="width:100.0%"');
    expect(page).toContain('style="width:5.0%"');
  });

  test("has no script and loads nothing", () => {
    const page = reportPage(exampleRecord());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|src=|href=|url\(|@import/);
    expect(page).toContain("default-src 'none'");
  });

  test("escapes every value and every key", () => {
    const evil = `<img src=x onerror="a('b')">&`;
    const page = reportPage(
      exampleRecord({
        stack: evil,
        cluster: evil,
        arguments: [evil],
        notes: [evil],
        configuration: { [evil]: evil, list: [evil] },
        nodes: [{ name: evil, role: "worker", address: evil, image: evil, pool: evil }],
        timings: { [evil]: { [evil]: 1 } },
        image: { location: evil, sha256: evil, manifest: { versions: { [evil]: evil } } },
      }),
    );
    expect(page).not.toContain("<img");
    expect(page).not.toMatch(/onerror=["']/);
    expect(page.match(/&lt;img src=x onerror=/g)?.length).toBeGreaterThanOrEqual(14);
  });

  test("names the pool and the image of each node", () => {
    const page = reportPage(exampleRecord());
    expect(page).toContain("<td>worker</td><td>workers</td><td>192.168.222.230</td><td>abababababab</td>");
    expect(page).toContain("<td>control-plane</td><td></td><td>192.168.222.10</td><td>abababababab</td>");
  });

  test("names what is missing after a failed run", () => {
    const page = reportPage(
      exampleRecord({ outcome: "failed", exitCode: 1, changes: null, nodes: [], timings: {}, git: null }),
    );
    expect(page).toContain('<h1 class="failed">up dev: failed</h1>');
    expect(page).toContain("the run ended before the first phase");
    expect(page).toContain("not a repository");
    expect(page).not.toContain('class="bar"');
  });

  test("redacts secrets in values", () => {
    const page = reportPage(exampleRecord({ notes: ["token abcdef.0123456789abcdef"] }));
    expect(page).toContain("token [redacted]");
    expect(page).not.toContain("0123456789abcdef");
  });
});
