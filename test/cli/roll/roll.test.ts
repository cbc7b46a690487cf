import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { roll } from "../../../cli/roll/roll.ts";
import type { StackState } from "../../../cli/stack/state.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { imageOf, stateOf } from "./stack-state.ts";

// The images do not exist: each has the digit of its name as its SHA-256.
vi.mock("../../../image/inspect.ts", () => ({
  inspectImage: (path: string) => {
    const [, digit = ""] = /([a-c])\.qcow2$/.exec(path) ?? [];
    return Promise.resolve(digit === "" ? undefined : { sha256: digit.repeat(64) });
  },
}));
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const [a, b] = [imageOf("a"), imageOf("b")];
const before = stateOf(a, { master: a, worker: a });
const partial = stateOf(a, { master: b, worker: a });

/** Rolls a cluster to {@link b}; returns its exit code or error, its log and the writes to the settings. */
async function rolled(
  state: StackState,
  after: StackState,
  up: () => Promise<number>,
  settings: Record<string, string> = {},
) {
  const [said, writes]: [string[], string[]] = [[], []];
  let backups = 0;
  const session = {
    stack: "lab",
    variables: {},
    settings: () => settingsOf(settings),
    capture: (args: readonly string[]) => {
      if (args[0] === "config") writes.push(args.filter((word) => word !== "--plaintext").join(" "));
      return Promise.resolve(JSON.stringify({ deployment: { resources: after.resources } }));
    },
    pulumi: () => Promise.resolve(0),
  };
  const result = await roll(
    { image: { source: b.source, sha256: "" }, maxUnavailable: undefined, up: [], config: [] },
    {
      session,
      state,
      settings: settingsOf(settings),
      up,
      backUp: () => Promise.resolve(backups++),
      nodeTable: () => Promise.resolve(""),
      log: (line) => said.push(line),
    },
  ).catch((error: unknown) => (error as Error).message);
  return { result, said, writes, backups };
}

const start =
  `config set-all image=${b.source} imageSha256=${b.sha256} ` +
  `previousImage=${a.source} previousImageSha256=${a.sha256} --stack lab`;
const restored = "config rm-all image imageSha256 previousImage previousImageSha256 --stack lab";
const missing = `the current image, ${a.source}, is missing. Fix: put it back there before you use --undo`;
const unchanged = "no node was changed, and the stack's settings are restored";
const notYet =
  `not every node runs ${b.source} (${"b".repeat(12)}) yet:\n` +
  `NODE     IMAGE\nmaster   ${"b".repeat(12)} (desired)\nworker   ${"a".repeat(12)}`;
const resume = "repeat the same command to resume; `npm run roll -- --undo` rolls back";

describe("a roll whose up fails", () => {
  const fails = () => Promise.resolve(255);
  const throws = () => Promise.reject(new Error("refused"));

  test("restores the settings when no node was changed", async () => {
    expect(await rolled(before, before, fails)).toEqual({
      result: 255,
      said: [missing, unchanged],
      writes: [start, restored],
      backups: 1,
    });
  });

  test("restores the settings before it throws the error of up", async () => {
    expect(await rolled(before, before, throws)).toEqual({
      result: "refused",
      said: [missing, unchanged],
      writes: [start, restored],
      backups: 1,
    });
  });

  test("lists the image of each node when a node was changed, and keeps the settings", async () => {
    expect(await rolled(before, partial, fails)).toEqual({
      result: 255,
      said: [missing, notYet, resume],
      writes: [start],
      backups: 1,
    });
    expect(await rolled(before, partial, throws)).toEqual({
      result: "refused",
      said: [missing, notYet],
      writes: [start],
      backups: 1,
    });
  });

  test("lists the image of each node when an earlier attempt has changed a node", async () => {
    const settings = { image: b.source, imageSha256: b.sha256, previousImage: a.source, previousImageSha256: a.sha256 };
    // The control plane has the image already.
    const { result, said, backups } = await rolled(partial, partial, fails, settings);
    expect([result, said, backups]).toEqual([255, [unchanged, notYet, resume], 0]);
  });
});

test("a roll to the image of every node does nothing", async () => {
  const complete = stateOf(b, { master: b, worker: b });
  const up = vi.fn(() => Promise.resolve(0));
  const { result, said, writes, backups } = await rolled(complete, complete, up);
  expect([result, writes, backups]).toEqual([0, [], 0]);
  expect(said).toEqual([`every node already runs ${b.source} (${"b".repeat(12)}); there is nothing to do`]);
  expect(up).not.toHaveBeenCalled();
});

test("a complete roll keeps its settings", async () => {
  const complete = stateOf(b, { master: b, worker: b });
  expect(await rolled(before, complete, () => Promise.resolve(0))).toEqual({
    result: 0,
    said: [missing],
    writes: [start],
    backups: 1,
  });
});
