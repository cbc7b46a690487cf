import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { controlPlaneOf, streamScript } from "../../../cli/backup/control-plane.ts";
import { test } from "../../support/folder.ts";
import { fakePrograms } from "../diagnose/programs.ts";
import { findProgramsInFolder, sessionIn, stateOf } from "./stack.ts";

findProgramsInFolder();

const place = (folder: string) => controlPlaneOf(stateOf(), sessionIn(folder));
const call = (lines: string[] = []) =>
  ({ script: "backup-control-plane", limitMinutes: 1, log: (line: string) => void lines.push(line) }) as const;
const readAll = async (lines: AsyncIterable<string>) => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

describe("a streamed script", () => {
  test("has its lines, shows progress without what a terminal obeys, and leaves no file", async ({ folder }) => {
    const ssh = `cat >/dev/null; echo one; printf '[   3s] \\033[31mred\\n' >&2; echo 'a program speaks' >&2; echo two`;
    await fakePrograms(join(folder, "bin"), { ssh });
    const shown: string[] = [];
    expect(await streamScript(place(folder), call(shown), readAll)).toEqual(["one", "two"]);
    expect(shown).toEqual(["master: [   3s] red"]);
    const calls = await readFile(join(folder, "bin", "ssh.calls"), "utf8");
    const hosts = /UserKnownHostsFile="([^"]*)"/.exec(calls)?.[1] ?? "";
    expect(hosts).toMatch(/known-hosts-master$/);
    expect(existsSync(hosts)).toBe(false);
  });

  test("ends soon where its output is refused, with the reason", async ({ folder }) => {
    await fakePrograms(join(folder, "bin"), { ssh: "cat >/dev/null; echo x; exec sleep 50" });
    const began = Date.now();
    const refuse = () => Promise.reject(new Error("not this"));
    await expect(streamScript(place(folder), call(), refuse)).rejects.toThrow("not this");
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  test("needs ssh", async ({ folder }) => {
    process.env.PATH = join(folder, "bin");
    const failure = streamScript(place(folder), call(), readAll);
    // searchPath() adds the administrator's folders, which have no ssh.
    await expect(failure).rejects.toThrow("backup-control-plane on master: ssh is not installed");
  });
});

describe("the control plane of a state", () => {
  test("needs an address and a host key", ({ folder }) => {
    const { resources, pending } = stateOf();
    const without = resources.filter(({ urn }) => !urn.endsWith("-host-key"));
    expect(() => controlPlaneOf({ resources: without, pending }, sessionIn(folder))).toThrow(
      /^the state of stack lab has no host key of master, which an unfinished up leaves\. Fix: npm run up -- --stack lab$/,
    );
    expect(place(folder)).toEqual({
      ...{ name: "master", address: "192.168.222.10", hostKey: expect.stringMatching(/^ssh-ed25519 /) as string },
      login: { user: "ops", keyPaths: [] },
    });
  });
});
