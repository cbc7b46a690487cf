import { describe, expect, it } from "vitest";
import { benchmarkPage } from "../../../../cli/bench/report/page.ts";
import { exampleData, exampleRepetition } from "../export/example-data.ts";

const plots = (page: string) => page.match(/<svg/g) ?? [];

describe("the page about a benchmark", () => {
  it("has six plots, no script, and loads nothing", async () => {
    const page = await benchmarkPage(exampleData(), []);
    expect(plots(page)).toHaveLength(6);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<a |src=|href=|@import|:\/\//);
    expect(page).not.toMatch(/url\((?!#)/);
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'");
  });

  it("has the verdicts, the medians, the limits and the void repetitions", async () => {
    const page = await benchmarkPage(exampleData(), [{ name: "mine.yaml", text: "kind: X" }]);
    expect(page).toContain(
      '<td class="better">faster by 22.7 % (21.4 to 24.1)</td><td>ratio 1.227 (1.214 to 1.241), p 0.03, 6 blocks</td>',
    );
    expect(page).toContain('<td>throughput</td><td>pods/s</td><td class="number">100 (98 to 103)</td>');
    expect(page).toContain("<td>mine</td><td>scheduler</td><td>its CPU was at 98 %</td>");
    expect(page).toContain("<td>14</td><td>base</td><td>the scheduler restarted</td>");
    expect(page).toContain("<summary>mine.yaml</summary><pre>kind: X</pre>");
    expect(page).toContain("<th>kernel</th><td>6.12.1</td>");
  });

  it("has no plot without data", async () => {
    const page = await benchmarkPage(
      exampleData({ repetitions: [], result: { schedulers: [], pairs: [] }, ended: "interrupted" }),
      [],
    );
    expect(plots(page)).toHaveLength(0);
    expect(page).toContain("Interrupted: 0 of 0 repetitions count.");
    expect(page).toContain("None: no pair of schedulers");
  });

  it("escapes every value from outside, in the text and in the plots", async () => {
    const evil = `<img src=x onerror="a('b')">&`;
    const example = exampleData();
    const page = await benchmarkPage(
      {
        ...example,
        scenario: {
          ...example.scenario,
          name: evil,
          description: evil,
          workload: { from: "scheduler_perf", file: evil, name: evil, params: {} },
          schedulers: [{ name: evil }],
          compare: { baseline: evil, metrics: [evil], equivalence: 0.03 },
          thresholds: [{ scheduler: evil, metric: evil, atLeast: 1 }],
        },
        kinds: [{ name: evil, title: evil, unit: evil, better: "higher" }],
        repetitions: [
          exampleRepetition({ scheduler: evil, measures: { [evil]: 1 }, limit: { by: "scheduler", evidence: evil } }),
          exampleRepetition({ number: 2, scheduler: evil, void: evil }),
        ],
        result: {
          schedulers: [
            {
              name: evil,
              measures: { [evil]: { count: 1, median: 1, minimum: 1, maximum: 1 } },
              limit: "scheduler",
            },
          ],
          pairs: example.result.pairs.map((pair) => ({
            ...pair,
            scheduler: evil,
            baseline: evil,
            measure: evil,
            verdict: { kind: "same", text: evil },
          })),
        },
        surroundings: { [evil]: evil },
        notes: [evil],
      },
      [{ name: evil, text: evil }],
    );
    expect(plots(page)).toHaveLength(6);
    expect(page).not.toContain("<img");
    expect(page).not.toMatch(/<[^>]*\sonerror=["']/);
    expect(page.match(/&lt;img src=x onerror=/g)?.length).toBeGreaterThanOrEqual(24);
  });

  it("redacts secrets", async () => {
    const page = await benchmarkPage(exampleData(), [{ name: "a.yaml", text: "token abcdef.0123456789abcdef" }]);
    expect(page).toContain("token [redacted]");
    expect(page).not.toContain("0123456789abcdef");
  });
});
