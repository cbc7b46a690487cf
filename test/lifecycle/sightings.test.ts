import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Sightings } from "../../lifecycle/sightings.ts";
import { sharingSightings, withSightings } from "../../cli/sightings.ts";
import { test } from "../support/folder.ts";

afterEach(() => void vi.useRealTimers());

const fileIn = (folder: string) => join(folder, "sightings.json");

describe("sightings", () => {
  test("keep the time since when each kubelet is unavailable, also for the second check of a run", ({ folder }) => {
    vi.useFakeTimers({ now: 1000 });
    const path = fileIn(folder);
    expect(new Sightings(path).update(["a"])).toEqual(new Map([["a", 1000]]));
    vi.setSystemTime(5000);
    const second = new Sightings(path);
    expect(second.update(["a", "b"])).toEqual(new Map([["a", 1000], ["b", 5000]])); // prettier-ignore
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("forget a kubelet that answers again", ({ folder }) => {
    vi.useFakeTimers({ now: 1000 });
    const path = fileIn(folder);
    new Sightings(path).update(["a"]);
    new Sightings(path).update([]);
    vi.setSystemTime(5000);
    expect(new Sightings(path).update(["a"])).toEqual(new Map([["a", 5000]]));
  });

  test("are empty without a file, and with an unreadable file", ({ folder }) => {
    vi.useFakeTimers({ now: 1000 });
    new Sightings(undefined).update(["a"]);
    vi.setSystemTime(5000);
    expect(new Sightings(undefined).update(["a"])).toEqual(new Map([["a", 5000]]));
    const path = fileIn(folder);
    writeFileSync(path, "{");
    expect(new Sightings(path).update(["a"])).toEqual(new Map([["a", 5000]]));
  });

  test("use the file that the environment names", ({ folder }) => {
    vi.useFakeTimers({ now: 1000 });
    const path = fileIn(folder);
    vi.stubEnv("NODEFORGE_SIGHTINGS", path);
    onTestFinished(() => void vi.unstubAllEnvs());
    Sightings.ofThisRun().update(["a"]);
    vi.setSystemTime(5000);
    expect(Sightings.ofThisRun().update(["a"])).toEqual(new Map([["a", 1000]]));
    // Without a path the environment has no effect.
    expect(new Sightings(undefined).update(["a"])).toEqual(new Map([["a", 5000]]));
    vi.stubEnv("NODEFORGE_SIGHTINGS", undefined);
    expect(Sightings.ofThisRun().update(["a"])).toEqual(new Map([["a", 5000]]));
  });
});

describe("a run of Pulumi", () => {
  it("has a sightings file of its own, which is deleted at its end", async () => {
    const seen: string[] = [];
    for (let run = 0; run < 2; run++) {
      const text = await withSightings(({ NODEFORGE_SIGHTINGS: path }) => {
        seen.push(path);
        new Sightings(path).update(["a"]);
        expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
        return Promise.resolve(readFileSync(path, "utf8"));
      });
      expect(text).toMatch(/^\[\["a",\d+\]\]$/);
    }
    expect(new Set(seen).size).toBe(2);
    for (const path of seen) expect(existsSync(dirname(path))).toBe(false);
  });

  it("deletes the file when it fails", async () => {
    let folder = "";
    const failing = withSightings(({ NODEFORGE_SIGHTINGS: path }) => {
      folder = dirname(path);
      return Promise.reject(new Error("failed"));
    });
    await expect(failing).rejects.toThrow("failed");
    expect(existsSync(folder)).toBe(false);
  });

  it("shares the file with the other runs of a command that plans first", async () => {
    const given: (Readonly<Record<string, string>> | undefined)[] = [];
    const session = {
      stack: "lab",
      pulumi: (_: readonly string[], _onOutput?: unknown, environment?: Readonly<Record<string, string>>) => {
        given.push(environment);
        return Promise.resolve(0);
      },
    };
    await sharingSightings(session, async (shared) => {
      expect(shared.stack).toBe("lab");
      await shared.pulumi(["preview"], undefined, { PULUMI_DEBUG_COMMANDS: "true" });
      await shared.pulumi(["up"]);
    });
    const [plan, update] = given;
    expect(plan).toEqual({ NODEFORGE_SIGHTINGS: update?.NODEFORGE_SIGHTINGS, PULUMI_DEBUG_COMMANDS: "true" });
    expect(update?.NODEFORGE_SIGHTINGS).toMatch(/sightings\.json$/);
    expect(existsSync(dirname(update!.NODEFORGE_SIGHTINGS!))).toBe(false);
  });
});
