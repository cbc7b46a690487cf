import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { inCheckout } from "../../../lib/checkout.ts";
import { protectData } from "../../../cli/stack/protection.ts";
import { settingsOf } from "./stack-settings.ts";
import { urn } from "../../support/urn.ts";

const type = "libvirt:index/volume:Volume";
const urnIn = (path: string, name: string) => urn(`${path}$${type}`, name);
const data = urnIn("nodeforge:index:Cluster$nodeforge:index:Master", "lab-master-data");
const root = urnIn("nodeforge:index:Cluster$nodeforge:index:Master$nodeforge:index:VirtualMachine", "lab-master-root");

const module = (name: string) => JSON.stringify(pathToFileURL(inCheckout(name)).href);

describe("the data of a cluster whose destroy is killed", () => {
  // A running destroy without protection, with a shell instead of Pulumi. The shell starts no program in
  // the background. Such a program can lose a signal that reaches it at its start, and then keeps the output open.
  const program = `
    import { runInteractively } from ${module("lib/process.ts")};
    import { withoutProtection } from ${module("cli/stack/protection.ts")};
    const resources = [{ urn: ${JSON.stringify(data)}, type: ${JSON.stringify(type)}, protect: true }];
    const ask = async (args) => {
      if (args[1] !== "export") console.log(args.slice(0, 2).join(" "));
      return JSON.stringify({ deployment: { resources } });
    };
    const work = () => runInteractively("sh", ["-c", "trap 'echo cancelled; exit 3' TERM; echo begun; for i in $(seq 250); do sleep 0.1; done"]);
    process.exitCode = await withoutProtection({ stack: "lab", capture: ask }, work);
  `;

  test.each(["SIGTERM", "SIGHUP"] as const)("is protected again after %s, once Pulumi has ended", async (signal) => {
    const subprocess = execa(process.execPath, ["--input-type=module", "--eval", program], { reject: false });
    subprocess.stdout.on("data", (text: Buffer) => {
      if (text.toString().includes("begun")) subprocess.kill(signal);
    });
    const { exitCode, stdout } = await subprocess;
    expect(stdout.split("\n")).toEqual(["state unprotect", "begun", "cancelled", "state protect"]);
    expect(exitCode).toBe(3);
  });
});

describe("data that is not protected", () => {
  /** Protects data; returns the calls of Pulumi, the lines of the log and whether the state has changed. */
  async function protecting(resources: readonly object[], masterDataProtected: string) {
    const [asked, said]: [string[], string[]] = [[], []];
    const session = {
      stack: "lab",
      settings: () => settingsOf({ masterDataProtected }),
      capture: (args: readonly string[]) => Promise.resolve(String(asked.push(args.join(" ")))),
    };
    const changed = await protectData(session, { resources: resources as never, pending: [] }, (line) =>
      said.push(line),
    );
    return { changed, asked, said };
  }

  test("is protected when the settings protect it, and no other resource is", async () => {
    const resources = [
      { urn: data, type },
      { urn: root, type },
    ];
    expect(await protecting(resources, "true")).toEqual({
      changed: true,
      asked: [`state protect ${data} --yes --stack lab`],
      said: ["protected the control plane's data again: lab-master-data"],
    });
  });

  test.each([
    ["the settings do not protect it", [{ urn: data, type }], "false"],
    ["it is protected", [{ urn: data, type, protect: true }], "true"],
    ["it waits for its deletion", [{ urn: data, type, delete: true }], "true"],
    ["it does not exist", [], "true"],
  ])("is not protected when %s", async (_, resources, setting) => {
    expect(await protecting(resources, setting)).toEqual({ changed: false, asked: [], said: [] });
  });
});
