import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { benchmark } from "./cases/benchmark.ts";
import { dataDisk } from "./cases/data-disk.ts";
import { destruction } from "./cases/destruction.ts";
import { drift } from "./cases/drift.ts";
import { growth } from "./cases/growth.ts";
import { leaving } from "./cases/leaving.ts";
import { hardening } from "./cases/hardening.ts";
import { machines } from "./cases/machines.ts";
import { nodes } from "./cases/nodes.ts";
import { pods } from "./cases/pods.ts";
import { rolling } from "./cases/rolling.ts";
import { secondRun } from "./cases/second-run.ts";
import { secrets } from "./cases/secrets.ts";
import { simulation } from "./cases/simulation.ts";
import { Lab } from "./lab.ts";

// The life of one cluster, from its first `up` to its end. Every case continues from the case before.
const lab = new Lab("e2e");

beforeAll(() => lab.makeKey());
afterAll(() => lab.remove());

describe("npm run up", () => {
  it("creates a cluster of one worker without a question, and leaves the stack's file unchanged", async () => {
    const settings = "# One worker.\nconfig:\n  nodeforge:workers: 1\n";
    writeFileSync(lab.settingsFile, settings);
    const up = await lab.npm("up", 55);
    expect(up.exitCode, up.all).toBe(0);
    expect(readFileSync(lab.settingsFile, "utf8")).toBe(settings);
    expect(await lab.readyNodes()).toEqual(["master", "worker-node-1"]);
  });
});

growth(lab, 1);
nodes(lab);
secrets(lab);
hardening(lab);
pods(lab);
secondRun(lab);
benchmark(lab, "inactive");
simulation(lab, 10);
machines(lab);
dataDisk(lab);
leaving(lab, 2);
drift(lab);
rolling(lab, 1);
destruction(lab);
