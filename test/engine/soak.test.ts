import { describe, expect, it } from "vitest";
import { SoakCluster } from "./soak-cluster.ts";
import { Model } from "./soak-model.ts";
import { Step, type Operation, type SoakTarget } from "./soak-operations.ts";
import { repeat, soak, soakOn } from "./soak-run.ts";
import { firstDesired } from "./soak-settings.ts";

const { NODEFORGE_SEED = "20261127", NODEFORGE_SOAK_LIST: list = "" } = process.env;
const operations = 1000;

it("random operations leave the cluster that the settings describe, and nothing else", async () => {
  if (list !== "") return expect(repeat(JSON.parse(list) as Operation[])).resolves.toBeUndefined();
  const { performed } = await soak(Number(NODEFORGE_SEED), { operations, shrinkSeconds: 240 });
  expect(performed).toBeGreaterThanOrEqual(operations);
}, 1_800_000);

describe("a soak", () => {
  /** Cluster without an engine, on which a run fails as a test plans it. */
  const failing = (fails: (model: Model) => boolean): SoakTarget => {
    const performed: Operation[] = [];
    return {
      performed,
      reset: () => Promise.resolve(void (performed.length = 0)),
      check: () => undefined,
      run: (model) => {
        if (fails(model)) return Promise.reject(new Error("planned by the test\nwith details"));
        return Promise.resolve(model.complete());
      },
      expectNothingToDo: () => Promise.resolve(),
      hands: {
        remove: () => true,
        removeBase: () => true,
        powerOff: () => true,
        deleteNode: () => true,
        reboot: () => undefined,
      },
      loseData: () => Promise.resolve(),
    };
  };
  const size = { operations: 2000, shrinkSeconds: 20 };

  it("runs `up` for one of twelve operations, and leaves the others to the next run", async () => {
    const runs = { complete: 0, early: 0 };
    const cluster = failing(() => false);
    const { performed } = await soakOn(
      {
        ...cluster,
        run: (model, stop) => {
          runs[stop === undefined ? "complete" : "early"]++;
          return cluster.run(model, stop);
        },
      },
      1,
      size,
    );
    for (const count of Object.values(runs)) expect(count).toBeGreaterThan(performed / 40);
    expect(runs.complete + runs.early).toBeLessThan(performed / 9);
  });

  it("compares the cluster with the model after each operation that runs nothing", async () => {
    const settings = { do: "resize", pool: "small", memoryMiB: 3072 } as const;
    for (const operation of [settings, { do: "reboot" } as const, { do: "up" } as const]) {
      let runs = 0;
      const cluster = {
        ...failing(() => false),
        check: () => {
          throw new Error("planned by the test");
        },
        run: () => Promise.resolve(void runs++),
      };
      await expect(new Step(operation).run(new Model(firstDesired), cluster)).rejects.toThrow("planned by the test");
      expect([operation.do, runs]).toEqual([operation.do, operation.do === "up" ? 1 : 0]);
    }
  });

  it("performs at least as many operations as it was asked for", async () => {
    const { performed, walks } = await soakOn(
      failing(() => false),
      1,
      size,
    );
    expect(performed).toBeGreaterThanOrEqual(size.operations);
    expect(walks).toBeLessThan(performed);
  });

  it("names the seed and the shortest list that fails, and both repeat the failure", async () => {
    const cluster = failing(({ desired }) => desired.pools.big.count === 0);
    const error = await soakOn(cluster, 1, size).catch((reason: unknown) => reason as Error);
    const { message } = error as Error;
    const [headline, ...lines] = message.split("\n");
    expect(headline).toMatch(/^seed \d+ fails: planned by the test$/);
    expect(lines[0]).toBe('  {"do":"shrink","pool":"big","by":1}');
    expect(lines[1]).toBe('  {"do":"up"}');
    expect(lines[3]).toContain(`NODEFORGE_SOAK_LIST='[{"do":"shrink","pool":"big","by":1},{"do":"up"}]'`);
    expect(lines.at(-1)).toBe("with details");
    const seed = /NODEFORGE_SEED=(\d+)/.exec(message)?.[1];
    await expect(soakOn(cluster, Number(seed), size)).rejects.toThrow(headline);
  });

  it("expects nothing complete of a run that was interrupted between two deletions, and the rest of the next run", async () => {
    await expect(
      repeat([
        { do: "shrink", pool: "small", by: 2 },
        { do: "up", stop: { at: "shutdown", how: "interrupt" } },
        { do: "up" },
      ]),
    ).resolves.toBeUndefined();
  });

  it("finds an object that the settings do not describe", async () => {
    await using cluster = await SoakCluster.create();
    const { world } = cluster.stack;
    const disk = world.ofKind("Volume").find(({ urn }) => urn.endsWith("worker-small-1-root"))!;
    const id = "/pools/nodeforge-lab/orphan";
    world.add({ ...disk, id, taken: id }, false);
    await expect(cluster.run(new Model(firstDesired))).rejects.toThrow(
      [
        'expected 1 of "Volume worker-small-1-root on the first image", found 2',
        `the state lacks libvirt:index/volume:Volume ${id}`,
      ].join("\n"),
    );
  });
});
