import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Sightings } from "../../lifecycle/sightings.ts";
import { sharingSightings, withSightings } from "../../cli/sightings.ts";

afterEach(() => void vi.useRealTimers());

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-sightings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "sightings.json");
}

describe("what was seen of nodes", () => {
  it("is since when each was away, for a second look of the same run too", () => {
    vi.useFakeTimers({ now: 1000 });
    const path = file();
    expect(new Sightings(path).update(["a"])).toEqual(new Map([["a", 1000]]));
    vi.setSystemTime(5000);
    const second = new Sightings(path);
    expect(second.update(["a", "b"])).toEqual(new Map([["a", 1000], ["b", 5000]])); // prettier-ignore
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is forgotten of one that is back", () => {
    vi.useFakeTimers({ now: 1000 });
    const path = file();
    new Sightings(path).update(["a"]);
    new Sightings(path).update([]);
    vi.setSystemTime(5000);
    expect(new Sightings(path).update(["a"])).toEqual(new Map([["a", 5000]]));
  });

  it("is nothing without a file, or with one that nobody can read", () => {
    vi.useFakeTimers({ now: 1000 });
    new Sightings(undefined).update(["a"]);
    vi.setSystemTime(5000);
    expect(new Sightings(undefined).update(["a"])).toEqual(new Map([["a", 5000]]));
    const path = file();
    writeFileSync(path, "{");
    expect(new Sightings(path).update(["a"])).toEqual(new Map([["a", 5000]]));
  });

  it("is in the file that the environment names, where it names one", () => {
    vi.useFakeTimers({ now: 1000 });
    const path = file();
    vi.stubEnv("NODEFORGE_SIGHTINGS", path);
    onTestFinished(() => void vi.unstubAllEnvs());
    Sightings.ofThisRun().update(["a"]);
    vi.setSystemTime(5000);
    expect(Sightings.ofThisRun().update(["a"])).toEqual(new Map([["a", 1000]]));
    // A look that remembers nothing does not, whatever the environment says.
    expect(new Sightings(undefined).update(["a"])).toEqual(new Map([["a", 5000]]));
    vi.stubEnv("NODEFORGE_SIGHTINGS", undefined);
    expect(Sightings.ofThisRun().update(["a"])).toEqual(new Map([["a", 5000]]));
  });
});

describe("a run of Pulumi", () => {
  it("has a file of its own for it, which goes with the run", async () => {
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

  it("that fails leaves nothing either", async () => {
    let folder = "";
    const failing = withSightings(({ NODEFORGE_SIGHTINGS: path }) => {
      folder = dirname(path);
      return Promise.reject(new Error("failed"));
    });
    await expect(failing).rejects.toThrow("failed");
    expect(existsSync(folder)).toBe(false);
  });

  it("shares it with the others of a command that plans first and then goes ahead", async () => {
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
