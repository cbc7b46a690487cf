import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { resolveContestants } from "../../../../cli/bench/contestants/resolve.ts";
import type { SchedulerSource } from "../../../../cli/bench/scenario/scenario.ts";
import { file, serve, sha256, type Answer, type ReleaseServer } from "../../../lib/release-server.ts";
import { test } from "../../../support/folder.ts";
import { elf } from "./elf.ts";

const common = { qps: 5000, burst: 5000, verbosity: 2, featureGates: {} };
const program = elf();
const digest = sha256(program);

let folder: string;
let server: ReleaseServer;
let logged: string;

test.beforeEach(async ({ folder: fresh }) => {
  folder = fresh;
  logged = "";
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    logged += String(text);
    return true;
  });
  await answering(file(program));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await server.close();
});

async function answering(answer: Answer): Promise<void> {
  server = await serve({ "/mine": answer });
}

const cached = () => join(folder, "cache", "downloads", `scheduler-${digest}`);

const resolveAll = (...schedulers: SchedulerSource[]) => resolveContestants({ schedulers, common }, folder, "1.36.3");

async function problemsOf(...schedulers: SchedulerSource[]): Promise<readonly string[]> {
  const error = await resolveAll(...schedulers).then(
    () => undefined,
    (reason: Error) => reason,
  );
  return error?.message.split("\n").slice(1) ?? [];
}

describe("a program of a URL", () => {
  test("is downloaded into the cache, executable, with a line before it", async () => {
    const binary = `${server.url}/mine`;
    const [mine, ...more] = await resolveAll({ name: "mine", binary, sha256: digest.toUpperCase() });
    expect(more).toEqual([]);
    expect(mine).toMatchObject({ name: "mine", binary: cached(), binarySha256: digest });
    expect(readFileSync(cached())).toEqual(program);
    expect(statSync(cached()).mode & 0o111).toBe(0o111);
    expect(server.seen.map(({ path }) => path)).toEqual(["/mine"]);
    expect(logged.split(`downloading ${binary} (at most 1 GiB)`)).toHaveLength(3);
    expect(logged.match(/: done in/g)).toHaveLength(1);
  });

  test("is from the cache the second time, without a line and without a network", async () => {
    const source = { binary: `${server.url}/mine`, sha256: digest };
    const [first] = await resolveAll({ name: "mine", ...source });
    utimesSync(cached(), 1, 1);
    logged = "";
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    const again = await resolveAll({ name: "mine", ...source }, { name: "same", ...source });
    expect(again).toEqual([first, { ...first, name: "same" }]);
    expect(server.seen).toHaveLength(1);
    expect(logged).toBe("");
    // The use counts for `npm run cache -- prune`.
    expect(statSync(cached()).mtimeMs).toBeGreaterThan(1000);
  });

  test("continues where an interrupted download stopped", async () => {
    await server.close();
    await answering(file(program, { breaks: 1 }));
    expect(await resolveAll({ name: "mine", binary: `${server.url}/mine`, sha256: digest })).toHaveLength(1);
    expect(server.seen.map(({ range }) => range)).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(readFileSync(cached())).toEqual(program);
  });

  test("is refused with another hash, and is not kept", async () => {
    const binary = `${server.url}/mine`;
    const wanted = "0".repeat(64);
    expect(await problemsOf({ name: "mine", binary, sha256: wanted })).toEqual([
      `- mine: ${binary}: it has SHA-256 ${digest}, but ${wanted} is expected; refused. ` +
        "Fix: name the right program, or correct sha256",
    ]);
    expect(readdirSync(join(folder, "cache", "downloads"))).toEqual([]);
  });

  test("is refused above 1 GiB before its content", async () => {
    await server.close();
    await answering((_, response) => void response.writeHead(200, { "content-length": 2 ** 30 + 1 }).write("some"));
    const problems = await problemsOf({ name: "mine", binary: `${server.url}/mine`, sha256: digest });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("/mine: it is larger than the expected maximum of 1073741824 bytes; refused. Fix: ");
    expect(existsSync(cached())).toBe(false);
  });

  test("is checked like a local one", async () => {
    const script = Buffer.from("#!/bin/sh\n");
    await server.close();
    await answering(file(script));
    expect(await problemsOf({ name: "mine", binary: `${server.url}/mine`, sha256: sha256(script) })).toEqual([
      `- mine: ${server.url}/mine: it is no Linux program (ELF). Fix: build it with GOOS=linux`,
    ]);
  });

  test("is refused without sha256 before a download", async () => {
    const problems = await problemsOf({ name: "mine", binary: `${server.url}/mine` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`- mine: ${server.url}/mine: a URL is given without sha256`);
    expect(problems[0]).toContain("Fix: add the SHA-256");
    expect(server.seen).toEqual([]);
  });

  test("is one problem beside the others where it is unreachable or missing", async () => {
    const gone = await serve({});
    await gone.close();
    const problems = await problemsOf(
      { name: "gone", binary: `${gone.url}/mine`, sha256: digest },
      { name: "missing", binary: `${server.url}/other`, sha256: digest },
      { name: "local", binary: "absent" },
      { name: "good", binary: `${server.url}/mine`, sha256: digest },
    );
    const fix = "it cannot be downloaded. Fix: check the URL and the network, or name a copy on this machine";
    expect(problems).toEqual([
      `- gone: ${gone.url}/mine: ${fix}`,
      `- missing: ${server.url}/other: ${fix}`,
      `- local: absent: there is no such file: ${join(folder, "absent")}`,
    ]);
  });

  test("is not downloaded with NODEFORGE_OFFLINE=1", async () => {
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    const problems = await problemsOf({ name: "mine", binary: `${server.url}/mine`, sha256: digest });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("/mine: it cannot be downloaded with NODEFORGE_OFFLINE=1. Fix: unset the variable");
    expect(server.seen).toEqual([]);
  });

  test.for([
    ["http://user:hunter2@HOST/mine", "its URL has a user name or a password"],
    ["http://hunter2@HOST/mine", "its URL has a user name or a password"],
    ["http:/user:hunter2@HOST/mine", "its URL has a user name or a password"],
    ["HTTP://:hunter2@HOST/mine", "its URL has a user name or a password"],
    ["http://HOST/mine?token=hunter2", "its URL has a query or a fragment"],
    ["http://HOST/mine#hunter2", "its URL has a query or a fragment"],
    ["ftp://user:hunter2@HOST/mine", "its URL begins with ftp:, expected http: or https:"],
    ["https://user:hunter2@:x/mine", "its URL is invalid"],
  ] as const)("is refused and not shown with a possible secret: %s", async ([template, message]) => {
    const binary = template.replace("HOST", new URL(server.url).host);
    const [problem, ...more] = await problemsOf({ name: "mine", binary, sha256: digest });
    expect(more).toEqual([]);
    expect(problem).toContain(`- mine: binary: ${message}`);
    expect(problem).toContain("Fix: ");
    expect(`${problem}${logged}`).not.toContain("hunter2");
    expect(server.seen).toEqual([]);
    const unproved = await problemsOf({ name: "mine", binary });
    expect(unproved).toHaveLength(2);
    expect(unproved[1]).toContain("- mine: binary: a URL is given without sha256");
    expect(unproved.join()).not.toContain("hunter2");
  });
});

test("a path with a colon is no URL", async () => {
  writeFileSync(join(folder, "mine:1"), program);
  const [mine] = await resolveAll({ name: "mine", binary: "mine:1" });
  expect(mine).toMatchObject({ binary: join(folder, "mine:1"), binarySha256: digest });
  expect(server.seen).toEqual([]);
});
