import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";
import { builtConformanceProgram } from "../conformance/program.ts";
import { countReasons } from "../conformance/report.ts";
import { readRequirements, select } from "../conformance/requirements.ts";
import { upstreamCases } from "../conformance/upstream.ts";
import { tableUnder } from "../support/markdown-table.ts";

const page = readFileSync(inCheckout("docs", "conformance.md"), "utf8");
const requirements = readRequirements();
const free = Object.values(requirements.withoutImages).flat().length;

const runs = tableUnder(page, "## Recorded runs").map(([date, cluster, kubernetes, ...numbers]) => {
  const [ran = NaN, passed = NaN, failed = NaN, skipped = NaN, leftOut = NaN, seconds = NaN] = numbers.map(Number);
  return { date, cluster, kubernetes, ran, passed, failed, skipped, leftOut, seconds };
});
const images = tableUnder(page, "## Cases that are left out").map(
  ([names = "", cases]) => [names, Number(cases)] as const,
);
const leftOut = images.reduce((sum, [, cases]) => sum + cases, 0);

describe("docs/conformance.md", () => {
  test("has recorded runs, whose outcomes add up to the cases that ran", () => {
    expect(runs.length).toBeGreaterThan(0);
    for (const { date, ran, passed, failed, skipped, seconds } of runs) {
      expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(passed + failed + skipped, date).toBe(ran);
      expect(seconds, date).toBeGreaterThan(0);
    }
  });

  test("has for each whole run of this Kubernetes the cases of requirements.yaml", () => {
    const whole = runs.filter(
      ({ cluster = "", kubernetes }) => kubernetes === versions.kubernetes && !cluster.includes("--focus"),
    );
    for (const run of whole) {
      const isAll = run.cluster?.includes("--all") === true;
      expect([run.ran, run.leftOut], run.date).toEqual(isAll ? [free + leftOut, 0] : [free, leftOut]);
    }
  });

  test("says how many cases need an image, and how many need none", () => {
    expect(page.replaceAll("\n", " ")).toContain(
      `${leftOut} of the ${leftOut + free} cases need an image of a registry, and ${free} need none.`,
    );
  });

  test("names the images of every file of requirements.yaml, and no others", () => {
    const combinations = new Set(Object.values(requirements.images).map((names) => names.join(", ")));
    expect(images.map(([names]) => names).sort()).toEqual([...combinations].sort());
  });
});

// A build takes minutes, so only the program of an earlier `npm run test:conformance` is asked.
const program = which("go") === undefined ? undefined : await builtConformanceProgram();

test.skipIf(program === undefined)(
  "docs/conformance.md counts the cases of this Kubernetes by their images",
  async () => {
    const selection = select(await upstreamCases(program ?? ""), requirements, { all: false });
    const counts = Object.entries(countReasons(selection.leftOut));
    expect(images).toEqual(counts.map(([reason, cases]) => [reason.replace("needs images: ", ""), cases]));
    expect(selection.chosen).toHaveLength(free);
  },
);
