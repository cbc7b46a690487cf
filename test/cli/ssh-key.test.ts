import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { describe, expect } from "vitest";
import { sshVariables } from "../../cli/ssh-key.ts";
import { test } from "../support/folder.ts";

let folder: string;
let own: string;

test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
  own = join(folder, "state", "ssh", "id_ed25519");
});

const variables = (settings: Record<string, string> = {}, environment: NodeJS.ProcessEnv = {}) =>
  sshVariables({ get: (name) => settings[name] ?? "" }, { own, environment });

describe("a checkout whose stack names no key", () => {
  test("gets a pair of its own, which stays", async () => {
    expect(await variables()).toEqual({});
    expect((await stat(own)).mode & 0o777).toBe(0o600);
    const text = await readFile(`${own}.pub`, "utf8");
    expect(text).toMatch(/^ssh-ed25519 \S+ nodeforge\n$/);
    await variables();
    expect(await readFile(`${own}.pub`, "utf8")).toBe(text);
    expect((await readdir(join(folder, "state", "ssh"))).sort()).toEqual(["id_ed25519", "id_ed25519.pub"]);
  });

  test("gets one pair, also when two runs want it at once", async () => {
    await Promise.all([variables(), variables(), variables()]);
    expect(await readdir(join(folder, "state"))).toEqual(["ssh"]);
    const { stdout } = await execa("ssh-keygen", ["-y", "-f", own]);
    expect(await readFile(`${own}.pub`, "utf8")).toContain(stdout.split(" ")[1]);
  });
});

test.each([
  [{ sshPublicKey: "ssh-ed25519 AAAA" }, {}],
  [{ sshPrivateKeyPath: "~/.ssh/lab" }, {}],
  [{ sshAgent: "true" }, {}],
  [{}, { NODEFORGE_SSH_KEY: "/srv/key" }],
])("no key is made with %o and %o", async (settings, environment) => {
  expect(await variables(settings, environment)).toEqual({});
  expect(await readdir(folder)).toEqual([]);
});

describe("an agent", () => {
  test("that does not answer is hidden from Pulumi, unless the stack asks for it", async () => {
    const environment = { SSH_AUTH_SOCK: join(folder, "gone") };
    expect(await variables({}, environment)).toEqual({ SSH_AUTH_SOCK: "" });
    expect(await variables({ sshAgent: "true" }, environment)).toEqual({});
  });

  test("that runs stays, for ssh to the hypervisor", async () => {
    const socket = join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      for (let waited = 0; !existsSync(socket) && waited < 100; waited++) await sleep(50);
      expect(await variables({}, { SSH_AUTH_SOCK: socket })).toEqual({});
    } finally {
      agent.kill();
      await once(agent, "exit");
    }
  });
});
