import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { firstSeed, seedsOfPart, soakMilliseconds } from "./engine/soak-seeds.ts";

/** The project's own rules for workflows. actionlint checks their syntax and their scripts. */

interface Workflow {
  readonly permissions: Permissions;
  readonly concurrency: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

type Permissions = Readonly<Record<string, string>>;

interface Job {
  readonly uses?: string;
  readonly permissions?: Permissions;
  readonly "timeout-minutes"?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps?: readonly Step[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

const files = globSync(["../.github/workflows/*.yml", "../docs/examples/*.yml"], { cwd: import.meta.dirname }).sort();
const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");

test("the workflows have a fixed list", () => {
  expect(files.map((file) => file.split("/").at(-1))).toEqual([
    "audit.yml",
    "ci.yml",
    "nightly.yml",
    "nixos-image.yml",
    "preview.yml",
    "release.yml",
  ]);
});

test("docs/continuous-integration.md lists every workflow of this repository", () => {
  const own = globSync("../.github/workflows/*.yml", { cwd: import.meta.dirname }).map((file) =>
    file.split("/").at(-1),
  );
  const listed = read("../docs/continuous-integration.md").matchAll(/^\| `(.*\.yml)`/gm);
  expect([...listed].map(([, name]) => name).sort()).toEqual(own.sort());
});

/** Permissions of the jobs that may write, and the action that one of them runs. */
const writing: Readonly<Record<string, readonly Permissions[]>> = {
  "preview.yml": [{ "pull-requests": "write" }],
  "release.yml": [
    { actions: "read", attestations: "write", "id-token": "write" },
    { actions: "read", contents: "write" },
  ],
};
const signing = /^actions\/attest-build-provenance@/;

describe.each(files)("%s", (file) => {
  const text = read(file);
  const { permissions, concurrency, jobs } = parse(text) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);

  test("has only the permissions that it needs", () => {
    expect(permissions).toEqual({ contents: "read" });
    const wider = Object.values(jobs).filter((job) => job.permissions !== undefined);
    expect(wider.map((job) => job.permissions)).toEqual(writing[file.split("/").at(-1) ?? ""] ?? []);
    // A job that may write runs no code of the checkout, and no action except the one that signs.
    for (const job of wider) {
      expect(job.steps?.filter(({ uses }) => uses !== undefined && !signing.test(uses))).toEqual([]);
    }
  });

  test("has a time limit and a concurrency group", () => {
    expect(concurrency).toMatchObject({
      group: expect.stringMatching(/^(audit|ci|nightly|nixos-image|preview|release)\b/) as string,
    });
    for (const [name, job] of Object.entries(jobs)) {
      // The jobs of a called workflow have time limits of their own.
      if (job.uses === undefined) expect(job["timeout-minutes"], name).toBeGreaterThan(0);
    }
  });

  test("pins every action by its commit, and names the release", () => {
    const uses = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, use = ""]) => use);
    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) expect(use).toMatch(/^\.\/\.github\/|^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("leaves no token in the checkout", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBe(
      Object.values(jobs).filter(
        (job) => job.permissions === undefined && job.steps?.some(({ uses }) => uses !== undefined),
      ).length,
    );
    for (const step of checkouts) expect(step.with).toMatchObject({ "persist-credentials": false });
  });
});

test("a job that runs the end-to-end cases of the night has every commit, which the upgrade needs", () => {
  const depths = (file: string, job: string) => {
    const { jobs } = parse(read(`../.github/workflows/${file}`)) as Workflow;
    const steps = jobs[job]?.steps?.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    return steps?.map((step) => step.with?.["fetch-depth"]);
  };
  expect(depths("nightly.yml", "debian")).toEqual([0]);
  expect(depths("nixos-image.yml", "image")).toEqual([0]);
  expect(depths("nightly.yml", "engine")).toEqual([undefined]);
});

/** Steps of the nightly workflow with variables, by their jobs. */
function nightlySteps(): Readonly<Record<string, readonly Step[]>> {
  const { jobs } = parse(read("../.github/workflows/nightly.yml")) as Workflow;
  const named = Object.entries(jobs).map(([name, { steps = [] }]) => [
    name,
    steps.filter(({ env }) => env !== undefined),
  ]);
  return Object.fromEntries(named.filter(([, steps = []]) => steps.length > 0)) as Record<string, readonly Step[]>;
}

test("the properties and the soak of each night have other seeds and more cases, and nothing else does", () => {
  expect(nightlySteps()).toEqual({
    engine: [
      {
        env: { NODEFORGE_PROPERTY_SEED: "${{ github.run_number }}", NODEFORGE_PROPERTY_RUNS: "30" },
        run: "npm run --silent test:engine:nightly",
      },
    ],
    soak: [
      {
        env: {
          NODEFORGE_SOAK_NIGHT: "${{ github.run_number }}",
          NODEFORGE_SOAK_PART: "${{ matrix.part }}",
          NODEFORGE_SOAK_OPERATIONS: "10000",
        },
        run: "npm run --silent test:engine:nightly -- test/engine/soak.nightly.ts",
      },
    ],
    properties: [
      {
        env: { NODEFORGE_PROPERTY_SEED: "${{ github.run_number }}", NODEFORGE_PROPERTY_RUNS: "10" },
        run: "npm run --silent test -- test/properties",
      },
    ],
  });
});

describe("the soak of a night", () => {
  const { jobs } = parse(read("../.github/workflows/nightly.yml")) as Workflow;
  const parts = (jobs.soak?.strategy?.matrix.part ?? []) as readonly number[];

  test("performs 100,000 operations within the time limit of its jobs, and of a job of GitHub", () => {
    const operations = Number(nightlySteps().soak?.[0]?.env?.NODEFORGE_SOAK_OPERATIONS);
    expect(parts.length * operations).toBeGreaterThanOrEqual(100_000);
    const minutes = jobs.soak?.["timeout-minutes"] ?? 0;
    expect(minutes).toBeLessThan(360);
    expect(soakMilliseconds(operations)).toBeLessThan(minutes * 60_000);
  });

  test("has other seeds in each part, and in the parts of each other night", () => {
    // A run without a part has part 0.
    expect(parts).not.toContain(0);
    const first = [1, 2, 3].flatMap((night) => [0, ...parts].map((part) => firstSeed(night, part)));
    const sorted = first.toSorted((one, other) => one - other);
    expect(sorted.slice(1).filter((seed, index) => seed - sorted[index]! < seedsOfPart)).toEqual([]);
  });

  test.each([
    ["a part that would have the seeds of the next night", 1, 20],
    ["half a part", 1, 0.5],
    ["a night that is no number", NaN, 1],
    ["a night whose seeds fast-check would shorten", 53_687, 1],
  ])("refuses %s", (_, night, part) => {
    expect(() => firstSeed(night, part)).toThrow(/^no seeds are known of part .* Fix: /s);
  });
});

test("the conformance tests run every night as root, on a control plane without machines, and their records are kept", () => {
  const { jobs } = parse(read("../.github/workflows/nightly.yml")) as Workflow;
  const commands = jobs.conformance?.steps?.map(({ run = "" }) => run).filter((run) => run.includes("conformance"));
  expect(commands).toEqual(['sudo env PATH="$PATH" HOME="$HOME" CI=true npm run --silent test:conformance -- --bare']);
  const kept = jobs.conformance?.steps?.filter(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
  expect(kept?.map((step) => [step.if, step.with?.path])).toEqual([["always()", "runs/"]]);
});

test("run records of root belong to the user before a step keeps them, also after a failure", () => {
  const owned = files.flatMap((file) =>
    Object.entries((parse(read(file)) as Workflow).jobs).flatMap(([job, { steps = [] }]) => {
      const kept = steps.findIndex((step) => step.with?.path === "runs/");
      if (kept < 0) return [];
      const given = steps[kept - 1];
      expect([given?.if, given?.run], job).toEqual([
        "always()",
        'mkdir -p runs\nsudo chown -R "$(id -u):$(id -g)" ~/.cache/nodeforge runs\n',
      ]);
      return [job];
    }),
  );
  expect(owned.sort()).toEqual(["conformance", "debian", "image"]);
});

test("every workflow uses the same release of an action", () => {
  const releases = new Map<string, Set<string>>();
  for (const [, action = "", release = ""] of files
    .map(read)
    .join("\n")
    .matchAll(/uses: ([\w/-]+)@(.*)$/gm)) {
    releases.set(action, (releases.get(action) ?? new Set()).add(release));
  }
  expect([...releases].filter(([, found]) => found.size !== 1)).toEqual([]);
});
