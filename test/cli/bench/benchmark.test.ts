import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { benchmark } from "../../../cli/bench/benchmark.ts";
import { recover } from "../../../cli/recovery/recover.ts";
import type { OpenSession } from "../../../cli/session.ts";
import { test } from "../../support/folder.ts";
import { file, serve, sha256 } from "../../lib/release-server.ts";
import { elf } from "./contestants/elf.ts";
import { scenarioText } from "./scenario-text.ts";
import { sessionWithKwok } from "./session.ts";

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
  writeFileSync(join(folder, "small.yaml"), scenarioText);
  vi.spyOn(console, "log").mockReturnValue(undefined);
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  };
});

/** A session on a stack of a backend in the folder. */
const sessionOn = (stack: string, backend = `file://${folder}/state`) => sessionWithKwok({ stack, backend });

/** Runs a benchmark whose user declines after some work. */
const benchmarkOn = (session: OpenSession, meanwhile: () => Promise<unknown> = () => Promise.resolve()) =>
  benchmark(() => Promise.resolve(session), {
    ...{ scenario: join(folder, "small.yaml"), set: [], calibrate: false, dryRun: false },
    confirm: async () => {
      await meanwhile();
      return false;
    },
  });

/** Recovers a stack as `up`, `roll`, `destroy`, `stop`, `revert` and `restore` do before they change anything. */
const recovered = (session: OpenSession) =>
  recover(session, { wait: 50, command: "up", folder: join(folder, "others"), log: () => undefined });

describe("a benchmark", () => {
  test("keeps commands that change its stack from running, and no command on another stack", async () => {
    let refusal: unknown;
    const code = await benchmarkOn(sessionOn("lab"), async () => {
      refusal = await recovered(sessionOn("lab")).catch((error: unknown) => error);
      (await recovered(sessionOn("dev"))).hold.release();
    });
    expect(code).toBe(1);
    expect((refusal as Error).message).toBe(
      `\`npm run bench\` (process ${process.pid}) works on this stack. ` +
        "Fix: wait for its end, or end it with Ctrl-C; then run this command again",
    );
    (await recovered(sessionOn("lab"))).hold.release();
  });

  test("is refused while such a command runs, before it asks whether to start", async () => {
    const { hold } = await recovered(sessionOn("lab"));
    const asked = vi.fn(() => Promise.resolve());
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await expect(benchmarkOn(sessionOn("lab"), asked)).rejects.toThrow(
      `\`npm run up\` (process ${process.pid}) works on this stack. Fix: `,
    );
    expect(asked).not.toHaveBeenCalled();
    hold.release();
    expect(await benchmarkOn(sessionOn("lab"), asked)).toBe(1);
    expect(asked).toHaveBeenCalledOnce();
  });

  test("is refused beside another benchmark of its stack", async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const code = await benchmarkOn(sessionOn("lab"), () =>
      expect(benchmarkOn(sessionOn("lab"))).rejects.toThrow("`npm run bench` (process "),
    );
    expect(code).toBe(1);
  });

  test("releases its stack where it fails", async () => {
    const failing = benchmarkOn(sessionOn("lab"), () => Promise.reject(new Error("no terminal")));
    await expect(failing).rejects.toThrow("no terminal");
    (await recovered(sessionOn("lab"))).hold.release();
  });
});

test("a dry run downloads the program of a URL once, and says so before the plan", async () => {
  await using server = await serveProgram();
  const said: string[] = [];
  const note = (text: unknown) => said.push(String(text)) > 0;
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  vi.spyOn(process.stderr, "write").mockImplementation(note);
  vi.spyOn(console, "log").mockImplementation(note);
  const binary = `${server.url}/mine`;
  const text = scenarioText.replace("{ name: b }", `{ name: b, binary: "${binary}", sha256: ${sha256(elf())} }`);
  writeFileSync(join(folder, "small.yaml"), text);
  const open = vi.fn(() => Promise.reject(new Error("no cluster")));
  const plan = { scenario: join(folder, "small.yaml"), set: [], calibrate: false, dryRun: true };
  for (const repeated of [false, true]) {
    said.length = 0;
    expect(await benchmark(open, { ...plan, confirm: () => Promise.resolve(true) })).toBe(0);
    const at = (words: string) => said.findIndex((line) => line.includes(words));
    expect(at("Two schedulers.")).toBe(said.length - 1);
    expect(at(`downloading ${binary} (at most 1 GiB)`)).toBe(repeated ? -1 : 0);
  }
  expect(server.seen).toHaveLength(1);
  expect(open).not.toHaveBeenCalled();
});

async function serveProgram() {
  const server = await serve({ "/mine": file(elf()) });
  return { ...server, [Symbol.asyncDispose]: server.close };
}

describe("a stack whose backend is not a folder", () => {
  const there = "https://pulumi.example";

  test("is held within the checkout, and apart from a stack of the same name in a folder", async () => {
    const { hold } = await recovered(sessionOn("org/lab", there));
    await expect(recovered(sessionOn("org/lab", there))).rejects.toThrow("`npm run up` (process ");
    (await recovered(sessionOn("lab"))).hold.release();
    (await recovered(sessionOn("other/lab", there))).hold.release();
    hold.release();
    (await recovered(sessionOn("org/lab", there))).hold.release();
  });
});
