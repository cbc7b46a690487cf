import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { openControlPlane } from "../../../../cli/bench/contestants/control-plane.ts";
import { controlPlaneShell } from "../../../../cli/node-ssh.ts";
import { test } from "../../../support/folder.ts";
import { fakePrograms } from "../../diagnose/programs.ts";
import { complete, stackState } from "../../diagnose/stack-state.ts";
import { settingsOf } from "../../stack/stack-settings.ts";

let folder: string;
let outer: string | undefined;
test.beforeEach(({ folder: own }) => {
  folder = own;
  outer = process.env.PATH;
  process.env.PATH = `${join(folder, "bin")}:${outer}`;
});
test.afterEach(() => {
  process.env.PATH = outer;
});

/** Provides an ssh with this body. Its stdin is the program and then the input of the script. */
const sshThat = (body: string) => fakePrograms(join(folder, "bin"), { ssh: body });
const calls = async () => (await readFile(join(folder, "bin", "ssh.calls"), "utf8")).trimEnd().split("\n");
const skipProgram = 'read -r size; head -c "$size" >/dev/null';

const session = (state: string) => ({
  stack: "lab",
  settings: () => settingsOf({ sshUser: "ops", sshAgent: "true" }),
  variables: {},
  capture: () => Promise.resolve(state),
});
const open = () => openControlPlane(session(stackState(complete)));
const place = () => ({
  name: "master",
  address: "192.0.2.10",
  hostKey: "ssh-ed25519 AAAA",
  login: { user: "ops", keyPaths: ["/keys/one"] },
  folder,
});

describe("a shell of the control plane", () => {
  test("runs a script with its input at the master, with the pinned host key and one connection", async () => {
    await sshThat(`${skipProgram}; printf 'got '; cat`);
    const shell = await controlPlaneShell(place());
    expect(await shell.run("bench-activate", { NAME: "x" }, "two\nlines\n")).toBe("got two\nlines\n");
    const [call, ...more] = await calls();
    expect(more).toEqual([]);
    for (const part of ["StrictHostKeyChecking=yes", "-i /keys/one", "-l ops", "ControlMaster=auto"]) {
      expect(call).toContain(part);
    }
    expect(call).toMatch(/ -- 192\.0\.2\.10 sudo -n timeout --kill-after 10 300 bash -c .* bench-activate$/);
    expect(await readFile(join(folder, "known-hosts-master"), "utf8")).toBe("192.0.2.10 ssh-ed25519 AAAA\n");
  });

  test("finds the master in the stack's state, and removes its files at its end", async () => {
    await sshThat(`${skipProgram}; printf '{}'`);
    const shell = await open();
    expect(await shell.run("bench-restore")).toBe("{}");
    await shell.close();
    const [first, last, ...more] = await calls();
    expect(more).toEqual([]);
    const hosts = /UserKnownHostsFile="([^"]*)"/.exec(first ?? "")?.[1] ?? "";
    expect(hosts).toMatch(/known-hosts-\S+$/);
    expect(existsSync(hosts)).toBe(false);
    expect(last).toContain(" -O exit ");
  });

  test.for([
    ["echo '[   1s] waiting' >&2; echo '[   2s] FAILED: mine ended: panic' >&2; exit 1", "mine ended: panic"],
    ["echo 'FAILED: one' >&2; printf 'FAILED: \\033[31mtwo\\n' >&2; echo later >&2; exit 1", "two"],
    ["echo 'Permission denied (publickey).' >&2; exit 255", "Permission denied (publickey)."],
    ["exit 3", "exit code 3"],
    ["exit 124", "it did not end within its limit"],
  ] as const)("fails with the reason of %s", async ([body, reason]) => {
    await sshThat(body);
    const shell = await controlPlaneShell(place());
    const error = await shell.run("bench-restore").catch((each: Error) => each);
    expect((error as Error).message).toBe(`bench-restore on master: ${reason}`);
  });

  test("copies a program with its bytes, unless the control plane has it", async () => {
    const program = Buffer.from([0x7f, 0, 0xff, 0x0a, 0xc3]);
    const path = join(folder, "mine");
    await writeFile(path, program);
    const sha256 = createHash("sha256").update(program).digest("hex");
    await sshThat(
      `read -r size; program=$(head -c "$size"); case $program in *"STORE='yes'"*) cat >'${folder}/copy' ;; esac
[ -e '${folder}/copy' ] && echo '{"present":true}' || echo '{"present":false}'`,
    );
    const shell = await controlPlaneShell(place());
    await shell.copy(path, sha256);
    expect(await readFile(join(folder, "copy"))).toEqual(program);
    expect(await calls()).toHaveLength(2);
    await shell.copy(path, sha256);
    expect(await calls()).toHaveLength(3);
  });

  test.for(["-oProxyCommand=x", "::1", "host", ""])("refuses the address %j", async (address) => {
    await expect(controlPlaneShell({ ...place(), address })).rejects.toThrow(
      `the address of master is invalid: expected an IPv4 address, got ${JSON.stringify(address)}`,
    );
  });

  test("needs a state with a control plane", async () => {
    const state = JSON.stringify({ deployment: { resources: [] } });
    await expect(openControlPlane(session(state))).rejects.toThrow(
      "the state of stack lab has no control plane. Fix: npm run up -- --stack lab",
    );
  });
});
