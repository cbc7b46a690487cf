import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { askMachine } from "../../../cli/diagnose/hypervisor.ts";
import { test } from "../../support/folder.ts";

/** Bytes kept of a console. */
const kept = 262_144;

/** Returns the item of a machine's console. The signal is aborted, so virsh is not started. */
async function consoleOf(uri: string, folder: string) {
  const items = await Promise.all(
    askMachine({ name: "master", resource: "lab-master" }, uri, AbortSignal.abort(), folder),
  );
  return items.find(({ name }) => name === "console");
}

test("reads the end of a console, without colours", async ({ folder }) => {
  const path = join(folder, "lab-master-console.log");
  await writeFile(path, `${"x".repeat(kept)}\r\n\u001b[1;31m(initramfs)\u001b[0m \r\n`);
  const { text, missing } = (await consoleOf("qemu:///system", folder)) ?? {};
  expect(missing).toBeUndefined();
  expect(text).toBe("(the beginning was left out)\n(initramfs) \n");
});

test("reads the console of a hypervisor whose URI names the local transport", async ({ folder }) => {
  await writeFile(join(folder, "lab-master-console.log"), "login:\n");
  expect(await consoleOf("qemu+unix:///system", folder)).toMatchObject({ text: "login:\n" });
});

test("does not ask virsh with a URI that starts a program", async () => {
  const uri = "qemu+ssh://host/system?command=/tmp/x";
  const items = await Promise.all(
    askMachine({ name: "master", resource: "lab-master" }, uri, new AbortController().signal),
  );
  expect(items[0]).toMatchObject({
    text: "",
    missing: expect.stringMatching(/^the libvirt URI is not used: expected a URI with no parameters but/) as string,
  });
});

test("has the reason when a console is on another machine or does not exist", async ({ folder }) => {
  const path = join(folder, "lab-master-console.log");
  expect(await consoleOf("qemu+ssh://host/system", folder)).toMatchObject({
    text: "",
    missing: `${path} is on another machine, the hypervisor qemu+ssh://host/system`,
  });
  expect(await consoleOf("qemu:///system", folder)).toMatchObject({ text: "", missing: `${path} does not exist` });
});
