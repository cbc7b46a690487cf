import { describe, expect, test } from "vitest";
import { hasVolume, useElsewhere } from "../../../cli/recovery/volume-users.ts";
import type { StackState } from "../../../cli/stack/state.ts";
import { answering } from "../../support/virsh-answers.ts";

describe("a pool", () => {
  const answers = {
    "pool-list --inactive --name": "other\n",
    "pool-list --name": "own\n",
    "vol-list --pool own": " base.qcow2   /pool/base.qcow2\n",
  };

  test("has a volume by its whole name, and is not started when it is active", async () => {
    const { virsh, asked } = answering(answers);
    expect([await hasVolume(virsh, "own", "base.qcow2"), await hasVolume(virsh, "own", "base")]).toEqual([true, false]);
    expect(asked.filter((command) => command.startsWith("pool-start"))).toEqual([]);
  });

  test("is started first when it is inactive", async () => {
    const inactive = { ...answers, "pool-list --inactive --name": "own\n", "pool-start own": "" };
    const { virsh, asked } = answering(inactive);
    expect(await hasVolume(virsh, "own", "base.qcow2")).toBe(true);
    expect(asked.filter((command) => command.startsWith("pool-start"))).toEqual(["pool-start own"]);
  });

  test("that cannot be started is an error", async () => {
    const { virsh } = answering({ ...answers, "pool-start other": new Error("no such directory") });
    await expect(hasVolume(virsh, "other", "base.qcow2")).rejects.toThrow("no such directory");
  });
});

describe("the use of a volume outside of the state", () => {
  const path = "/pool/base.qcow2";
  const overlay = `<volume><key>/pool/root</key><backingStore><path>${path}</path></backingStore></volume>`;
  const details = (type: string, source: string) =>
    ` Type   Device   Target   Source\n-----------\n ${type}   disk     vda      ${source}\n`;
  const answers = {
    "vol-path --pool own base.qcow2": `${path}\n`,
    "vol-list --pool own": " base.qcow2   /pool/base.qcow2\n root   /pool/root\n",
    "vol-dumpxml --pool own base.qcow2": `<volume><key>${path}</key></volume>`,
    "vol-dumpxml --pool own root": overlay,
    "list --all --uuid --name": "u-1  their machine\n",
    "domblklist --details u-1": details("file", "/pool/other.qcow2"),
  };
  const stateWith = (...ids: readonly string[]): StackState => ({
    pending: [],
    resources: ids.map((id) => ({ urn: `urn of ${id}`, type: "any", id })),
  });
  const use = (state: StackState, changed: Record<string, string> = {}) =>
    useElsewhere(state, answering({ ...answers, ...changed }).virsh, "own", "base.qcow2");

  test("is a volume with it as the backing file", async () => {
    expect(await use(stateWith())).toBe("volume root has it as its backing file");
  });

  test("is none when that volume is in the state", async () => {
    expect(await use(stateWith("/pool/root"))).toBeUndefined();
  });

  test("is none when that volume has another backing file", async () => {
    const changed = { "vol-dumpxml --pool own root": overlay.replace(path, "/pool/another.qcow2") };
    expect(await use(stateWith(), changed)).toBeUndefined();
  });

  test.each([
    ["file", path, true],
    ["volume", "base.qcow2", true],
    ["file", "base.qcow2", false],
    ["volume", path, false],
    ["file", "/pool/base.qcow2.old", false],
  ])("is a domain with a disk of the type %s and the source %s: %s", async (type, source, isUsed) => {
    const changed = { "domblklist --details u-1": details(type, source) };
    const expected = isUsed ? "domain their machine has it as a disk" : undefined;
    expect(await use(stateWith("/pool/root"), changed)).toBe(expected);
  });

  test("is none when that domain is in the state", async () => {
    const changed = { "domblklist --details u-1": details("file", path) };
    expect(await use(stateWith("/pool/root", "u-1"), changed)).toBeUndefined();
  });
});
