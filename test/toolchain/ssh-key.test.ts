import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownSshKey } from "../../toolchain/ssh-key.ts";

let home: string;
let state: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "nodeforge-key-"));
  state = join(home, "state");
});
afterEach(() => rm(home, { recursive: true, force: true }));

const key = (environment: NodeJS.ProcessEnv = {}, sshPublicKey = "") =>
  ownSshKey({ get: (name) => (name === "sshPublicKey" ? sshPublicKey : "") }, { home, state, environment });

describe("a machine without any ssh key", () => {
  test("gets a pair of the checkout's own, which stays", async () => {
    const path = join(state, "ssh", "id_ed25519");
    expect(await key()).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(`${path}.pub`, "utf8");
    expect(text).toMatch(/^ssh-ed25519 \S+ nodeforge\n$/);
    expect(await key()).toBe(path);
    expect(await readFile(`${path}.pub`, "utf8")).toBe(text);
    expect((await readdir(join(state, "ssh"))).sort()).toEqual(["id_ed25519", "id_ed25519.pub"]);
  });

  test("gets one pair, also when two runs want it at once", async () => {
    const [path = ""] = await Promise.all([key(), key(), key()]);
    expect(await readdir(state)).toEqual(["ssh"]);
    const { stdout } = await execa("ssh-keygen", ["-y", "-f", path]);
    expect(await readFile(`${path}.pub`, "utf8")).toContain(stdout.split(" ")[1]);
  });
});

describe("no key is made", () => {
  test("when the operator has one", async () => {
    await mkdir(join(home, ".ssh"));
    await writeFile(join(home, ".ssh", "id_rsa.pub"), "");
    expect(await key()).toBeUndefined();
  });

  test("when the stack or the environment names one", async () => {
    expect(await key({}, "ssh-ed25519 AAAA")).toBeUndefined();
    expect(await key({ NODEFORGE_SSH_KEY: "/srv/key" })).toBeUndefined();
    await expect(readdir(state)).rejects.toThrow();
  });
});
