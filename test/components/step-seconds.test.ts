import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkedSeconds, secondsOf } from "../../components/step-seconds.ts";
import { longestPhase } from "../../guest/seconds.ts";
import { clusterWith } from "../support/cluster.ts";
import { promiseOf, startMocks } from "../support/mocks.ts";

let warnings: string[];
beforeEach(() => {
  warnings = [];
  vi.spyOn(pulumi.log, "warn").mockImplementation((message) => {
    warnings.push(message);
    return Promise.resolve();
  });
});
afterEach(() => vi.restoreAllMocks());

describe("the durations of a step", () => {
  it("are returned as they are if they are plausible", () => {
    expect(secondsOf("step", JSON.stringify({ seconds: { boot: 0, join: 12.5, ready: longestPhase } }))).toEqual({
      boot: 0,
      join: 12.5,
      ready: longestPhase,
    });
    expect(warnings).toEqual([]);
  });

  it.each([-1795637414, longestPhase + 1, 1795637414, null, "12", true, [12], {}])(
    "lose %j with a warning, and keep the rest",
    (boot) => {
      expect(secondsOf("dev-master-init", JSON.stringify({ seconds: { boot, certificates: 4 } }))).toEqual({
        certificates: 4,
      });
      expect(warnings).toEqual([
        `dev-master-init reports implausible durations, expected seconds from 0 to 604800. Left out: boot ${JSON.stringify(boot)}`,
      ]);
    },
  );

  it.each([NaN, Infinity, -Infinity])("lose %d with a warning", (join) => {
    expect(checkedSeconds("step", { join })).toEqual({});
    expect(warnings).toHaveLength(1);
  });

  it.each(["{}", '{"seconds":7}', '{"seconds":[7]}', '{"seconds":null}'])(
    "are none in %s, with a warning",
    (result) => {
      expect(secondsOf("step", result)).toEqual({});
      expect(warnings).toHaveLength(1);
    },
  );
});

describe("the timings of a cluster", () => {
  it("leave out implausible durations of each step, with a warning each", async () => {
    const bad = -1795637414;
    await startMocks([
      [/-init$/, { stdout: JSON.stringify({ kubernetesVersion: "v1.36.3", seconds: { boot: bad, kubelet: 5 } }) }],
      [
        /-token$/,
        { stdout: JSON.stringify({ token: "abcdef.0123456789abcdef", caCertHash: "sha256:0", seconds: bad }) },
      ],
      [/-join$/, { stdout: JSON.stringify({ seconds: { boot: bad, join: 2 } }) }],
      [/-worker-.*-ready$/, { stdout: JSON.stringify({ seconds: { ready: bad } }) }],
      [/-ready$/, { stdout: JSON.stringify({ seconds: { ready: bad } }) }],
    ]);
    const { cluster } = await clusterWith({ workers: "1" });
    expect(await promiseOf(cluster.timings)).toEqual({
      master: { kubelet: 5 },
      "worker-node-1": { join: 2 },
      cluster: {},
    });
    expect(warnings.map((text) => text.split(" ")[0]).sort()).toEqual([
      "dev-master-init",
      "dev-ready",
      "dev-worker-node-1-join",
      "dev-worker-node-1-ready",
      "dev-worker-node-1-token",
    ]);
    for (const text of warnings) expect(text).not.toContain("abcdef");
  });
});
