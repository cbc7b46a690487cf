import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { collect, type DiagnosedSession } from "../../../cli/diagnose/collect.ts";
import { fileOf, fileWord } from "../../../cli/diagnose/evidence.ts";
import { diagnose } from "../../../cli/diagnose/explain.ts";
import { askNode } from "../../../cli/diagnose/node.ts";
import { identityOf } from "../../../cli/diagnose/state.ts";
import { node, units } from "./evidence.ts";
import { fakePrograms } from "./programs.ts";
import { complete, stackState } from "./stack-state.ts";
import { test } from "../../support/folder.ts";
import { settingsOf } from "../stack/stack-settings.ts";

let folder: string;
let outer: string | undefined;
test.beforeEach(async ({ folder: own }) => {
  folder = own;
  outer = process.env.PATH;
  process.env.PATH = `${join(folder, "bin")}:${outer}`;
  await mkdir(join(folder, "project"));
  await writeFile(precious(), "safe==1.0\n");
});
test.afterEach(() => {
  process.env.PATH = outer;
});

const precious = () => join(folder, "project", "requirements.txt");
const out = () => join(folder, "runs", "one");
const master = () => join(out(), "nodes", "master");

const session: DiagnosedSession = {
  stack: "lab",
  settings: () => settingsOf({ libvirtUri: "qemu:///system", networkName: "lab-net", sshUser: "ops" }),
  variables: {},
  capture: () => Promise.resolve(stackState(complete)),
};

/** Provides a machine that answers instead of the script, and knows its boundary: `tell NAME TEXT` prints an item. */
async function nodeThat(answer: string): Promise<void> {
  const ssh = `
boundary=$(sed -n "s/^BOUNDARY='\\(.*\\)'$/\\1/p")
tell() { printf '\\n%s %b\\n%b\\n' "$boundary" "$1" "$2"; }
${answer}`;
  await fakePrograms(join(folder, "bin"), { ssh, virsh: "exit 1", kubectl: "exit 1" });
}

const files = async () => (await readdir(master())).sort();
const console_ = ["console.txt", "domain-log.txt", "domain-state.txt", "domain.txt", "interfaces.txt"];

describe("a node that chooses the names of its items", () => {
  test("writes only to the files of expected items, and its other items are named", async () => {
    const up = "../../toolchain".repeat(folder.split("/").length + 4);
    await nodeThat(`
tell hostname master
tell '${up}${folder.slice(1)}/project/requirements' 'evil-package==6.6.6'
tell ../../../../project/requirements 'evil-package==6.6.6'
tell .. x; tell . x; tell '' x; tell /etc/x x; tell console x; tell ../summary x; tell 'kubelet\\0' x
tell end ''`);
    await collect(session, out(), "");
    expect(await readFile(precious(), "utf8")).toBe("safe==1.0\n");
    expect(await files()).toEqual([...console_, "hostname.txt", "left-out.txt"].sort());
    expect(await readFile(join(master(), "hostname.txt"), "utf8")).toBe("master\n");
    const leftOut = await readFile(join(master(), "left-out.txt"), "utf8");
    expect(leftOut).toContain("(missing: left out 9 unexpected or repeated items of the node: ");
    expect(leftOut).toContain("/project/requirements");
    expect(await readdir(join(folder, "runs"))).toEqual(["one"]);
  });

  test("cannot repeat an item, or add one after the end", async () => {
    await nodeThat("tell kubelet first; tell kubelet second; tell end ''; tell containerd late");
    await collect(session, out(), "");
    expect(await readFile(join(master(), "kubelet.txt"), "utf8")).toBe("first\n");
    expect(await files()).toEqual([...console_, "kubelet.txt", "left-out.txt"].sort());
    expect(await readFile(join(master(), "left-out.txt"), "utf8")).toMatch(
      /left out 2 unexpected .*: "kubelet", "containerd"\)\n$/,
    );
  });

  test("loses no item when it names only expected ones", async () => {
    await nodeThat("tell hostname master; tell kubelet fine; tell end ''");
    await collect(session, out(), "");
    expect(await files()).toEqual([...console_, "hostname.txt", "kubelet.txt"].sort());
  });
});

describe("the text of a node", () => {
  test("has no control characters in files, report and terminal", async () => {
    await nodeThat(`
tell hostname 'a\\x1b]0;title\\x07b\\x1b[2Jc\\0d\\x08e\\xc2\\x9bf\\xe2\\x80\\xaeg'
tell units '${units("master", "kubelet")}'
tell kubelet 'kubelet\\x1b[31m says \\rabcdef.0123\\x1b[0m456789abcdef'
tell 'x\\x1b[2J' ''
tell end ''`);
    const result = await diagnose(session, out());
    expect(await readFile(join(master(), "hostname.txt"), "utf8")).toBe("abcdeg\n");
    expect(await readFile(join(master(), "kubelet.txt"), "utf8")).toBe("kubelet says \n[redacted]\n");
    const texts = [result.text, result.summary];
    for (const name of await files()) texts.push(await readFile(join(master(), name), "utf8"));
    // eslint-disable-next-line no-control-regex -- they must not occur
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  test("is limited in size, on stdout and stderr", async () => {
    await nodeThat("tell kubelet begun; yes 'a line without an end to it' & yes complaint >&2");
    await collect(session, out(), "");
    const text = await readFile(join(master(), "kubelet.txt"), "utf8");
    expect(text.length).toBeLessThan(300_000);
    expect(text).toMatch(/^\(the beginning was left out\)\na line without an end to it\n/);
    expect(text).toContain("(missing: cut off, with all later items: it printed more than 8 MiB and was stopped)\n");
  });

  test("is not written through a link", async () => {
    await nodeThat("tell hostname 'evil-package==6.6.6'; tell end ''");
    await mkdir(master(), { recursive: true });
    await symlink(precious(), join(master(), "hostname.txt"));
    await collect(session, out(), "");
    expect(await readFile(precious(), "utf8")).toBe("safe==1.0\n");
    expect(await readFile(join(master(), "hostname.txt"), "utf8")).toBe("evil-package==6.6.6\n");
  });
});

describe("the answer of a node's guest agent", () => {
  const access = () => ({
    login: { user: "ops", keyPaths: [] },
    uri: "qemu:///system",
    folder,
    signal: new AbortController().signal,
  });

  test.each(["-oProxyCommand=touch${IFS}x", "host name", "192.168.222.10,evil", "::1", ""])(
    "is not accepted as the address %j",
    async (address) => {
      await nodeThat("tell end ''");
      const [item, ...others] = await askNode({ ...node("master"), address }, access());
      expect(others).toEqual([]);
      expect(item).toMatchObject({
        name: "ssh",
        missing: `its address is invalid: expected an IPv4 address, got ${JSON.stringify(address)}`,
      });
      expect(await readdir(join(folder, "bin"))).not.toContain("ssh.calls");
      expect(identityOf(JSON.stringify({ address, hostKey: "ssh-ed25519 AAAA" }))).toEqual({
        hostKey: "ssh-ed25519 AAAA",
      });
    },
  );

  test.each(["ssh-ed25519 AAAA\n* ssh-ed25519 BBBB", "ssh-rsa AAAA", "", 7, null])(
    "is not accepted as the host key %j",
    (hostKey) => {
      expect(identityOf(JSON.stringify({ address: "192.168.222.10", hostKey }))).toEqual({ address: "192.168.222.10" });
    },
  );

  test.each(["null", "7", "[]", "{", ""])("is not accepted as the identity %j", (printed) => {
    expect(identityOf(printed)).toEqual({});
  });
});

describe("the name of a file", () => {
  test.each(["kubelet", "leases-scheduler_benchmark_net", "pool-nodeforge-lab.2"])("may be %s", (name) => {
    expect(fileOf({ name })).toBe(`${name}.txt`);
    expect(fileOf({ name: "kubelet", node: name })).toBe(`nodes/${name}/kubelet.txt`);
  });

  test.each(["..", ".", "", "../x", "a/b", "/etc/x", "a\0", "a b", "a\nb", "-x", ".hidden", "x".repeat(300)])(
    "cannot be %j",
    (name) => {
      expect(() => fileOf({ name })).toThrow("a diagnosis cannot have a file for");
      expect(() => fileOf({ name: "kubelet", node: name })).toThrow("a diagnosis cannot have a file for");
    },
  );

  test("is derived from any name that libvirt allows, and differs when the names do", () => {
    const names = ["default", "my net", "my_net", "../x", "-x", "..", "ü", "x".repeat(300)];
    const words = names.map((name) => fileWord(name));
    expect(words[0]).toBe("default");
    expect(new Set(words).size).toBe(names.length);
    for (const word of words) expect(fileOf({ name: `network-${word}` })).toBe(`network-${word}.txt`);
  });
});
