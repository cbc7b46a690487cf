import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { askMachine } from "../../../cli/diagnose/hypervisor.ts";

/** Bytes that are kept of a console. */
const kept = 262_144;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-hypervisor-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The item about a machine's console; virsh itself is not wanted here, so its time is over from the start. */
async function consoleOf(uri: string) {
  const items = await Promise.all(
    askMachine({ name: "master", resource: "lab-master" }, uri, AbortSignal.abort(), folder),
  );
  return items.find(({ name }) => name === "console");
}

it("reads the end of a console, without colours", async () => {
  const path = join(folder, "lab-master-console.log");
  await writeFile(path, `${"x".repeat(kept)}\r\n\u001b[1;31m(initramfs)\u001b[0m \r\n`);
  const { text, missing } = (await consoleOf("qemu:///system")) ?? {};
  expect(missing).toBeUndefined();
  expect(text).toBe("(the beginning was left out)\n(initramfs) \n");
});

it("reads the console of a hypervisor whose URI names the local transport", async () => {
  await writeFile(join(folder, "lab-master-console.log"), "login:\n");
  expect(await consoleOf("qemu+unix:///system")).toMatchObject({ text: "login:\n" });
});

it("does not ask virsh with a URI that starts a program", async () => {
  const uri = "qemu+ssh://host/system?command=/tmp/x";
  const items = await Promise.all(
    askMachine({ name: "master", resource: "lab-master" }, uri, new AbortController().signal),
  );
  expect(items[0]).toMatchObject({
    text: "",
    missing: expect.stringMatching(/^libvirt is not asked: wanted a URI with no parameters but/) as string,
  });
});

it("says that a console is on another machine, or not there", async () => {
  const path = join(folder, "lab-master-console.log");
  expect(await consoleOf("qemu+ssh://host/system")).toMatchObject({
    text: "",
    missing: `${path} is on another machine, the hypervisor qemu+ssh://host/system`,
  });
  expect(await consoleOf("qemu:///system")).toMatchObject({ text: "", missing: `${path} does not exist` });
});
