import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, vi } from "vitest";
import { hypervisorUri } from "../../cli/hypervisor-uri.ts";
import { readSurroundings } from "../../cli/runs/surroundings.ts";
import { openSession } from "../../cli/session.ts";
import { settingsOf } from "./stack/stack-settings.ts";
import { test as it } from "../support/folder.ts";

const evil = "qemu:///system?socket=/s&command=/tmp/x";
const refusal =
  /nodeforge:libvirtUri: expected a URI with no parameters but keyfile, mode, socket, sshauth, not `command` with this value, got "qemu:\/\/\/system\?socket=/;

let folder: string;
it.beforeEach(async ({ folder: fresh }) => {
  folder = fresh;
  // Records every call of virsh.
  await writeFile(join(folder, "virsh"), `#!/bin/sh\nprintf '%s\\n' "$*" >>${folder}/calls\n`, { mode: 0o755 });
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
});
it.afterEach(() => {
  vi.unstubAllEnvs();
});
const calls = () => readFile(join(folder, "calls"), "utf8").catch(() => "");

describe("the hypervisor of a stack's file", () => {
  it("has the URI of the file", () => {
    expect(hypervisorUri(settingsOf({ libvirtUri: "qemu+ssh://ops@host/system" }))).toBe("qemu+ssh://ops@host/system");
  });

  it("is refused where its URI names a program, with the permitted parameters", () => {
    expect(() => hypervisorUri(settingsOf({ libvirtUri: evil }))).toThrow(refusal);
  });

  it("is refused when a session opens, before a tool is installed or started", async () => {
    const configFile = join(folder, "Pulumi.dev.yaml");
    await writeFile(configFile, JSON.stringify({ config: { "nodeforge:libvirtUri": evil } }));
    const choice = { stack: "dev", configFile, rest: [] };
    await expect(openSession(choice, { image: false, hypervisor: true })).rejects.toThrow(refusal);
    expect(await calls()).toBe("");
  });

  it("is recorded, but not started for its version", async () => {
    const session = (libvirtUri: string) => ({
      stack: "dev",
      settings: () => settingsOf({ libvirtUri }),
      variables: {},
      capture: () => Promise.resolve("v3.250.0"),
      pulumi: () => Promise.resolve(0),
    });
    expect((await readSurroundings(session(evil))).hypervisor?.uri).toBe(evil);
    expect(await calls()).toBe("");
    await readSurroundings(session("qemu:///system"));
    expect(await calls()).toBe("-q -c qemu:///system version\n");
  });
});
