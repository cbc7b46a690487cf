import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { benchmark, everyKind, killedBenchmark } from "./cases/benchmark.ts";
import { componentSettings } from "./cases/component-settings.ts";
import { Lab } from "./lab.ts";

// A cluster with kwok: settings of its components, and benchmarks of schedulers.
const lab = new Lab("e2e");

beforeAll(() => lab.makeKey());
afterAll(() => lab.remove());

describe("npm run up", () => {
  it("creates a cluster of one worker with a simulated node", async () => {
    const simulated = "  nodeforge:simulatedNodes:\n    - { name: sim, count: 1 }\n";
    writeFileSync(lab.settingsFile, `config:\n  nodeforge:workers: 1\n${simulated}`);
    const up = await lab.npm("up", 55);
    expect(up.exitCode, up.all).toBe(0);
    expect(await lab.readyNodes()).toEqual(["master", "sim-1", "worker-node-1"]);
  });
});

benchmark(lab, "active");
everyKind(lab);
killedBenchmark(lab);
componentSettings(lab);
