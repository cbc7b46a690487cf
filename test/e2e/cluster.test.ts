import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { destruction } from "./cases/destruction.ts";
import { drift } from "./cases/drift.ts";
import { growth } from "./cases/growth.ts";
import { leaving } from "./cases/leaving.ts";
import { nodes } from "./cases/nodes.ts";
import { pods } from "./cases/pods.ts";
import { rolling } from "./cases/rolling.ts";
import { secondRun } from "./cases/second-run.ts";
import { secrets } from "./cases/secrets.ts";
import { Lab } from "./lab.ts";

// The life of one cluster, from its first `up` to its end: every case finds what the one before left.
const lab = new Lab("e2e");

beforeAll(() => lab.prepare());
afterAll(() => lab.remove());

describe("one command", () => {
  it("makes a cluster of one worker", async () => {
    await lab.set("workers", "1");
    const up = await lab.nodeforge("up", ["--yes"], 55);
    expect(up.exitCode, up.all).toBe(0);
    expect(await lab.readyNodes()).toEqual(["master", "worker-node-1"]);
  });
});

growth(lab, 1);
nodes(lab);
secrets(lab);
pods(lab);
secondRun(lab);
leaving(lab, 2);
drift(lab);
rolling(lab, 1);
destruction(lab);
