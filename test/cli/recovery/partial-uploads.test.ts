import { describe, expect, test } from "vitest";
import { removeHalfUploads } from "../../../cli/recovery/partial-uploads.ts";
import type { StateResource } from "../../../cli/stack/state.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { answering } from "../../support/virsh-answers.ts";

const uri = "qemu+ssh://host/system";
const provider: StateResource = {
  urn: "urn:pulumi:lab::nodeforge::pulumi:providers:libvirt::hypervisor",
  type: "pulumi:providers:libvirt",
  inputs: { uri },
};
const name = "lab-base-0123456789ab.qcow2";
const base: StateResource = {
  urn: "urn:pulumi:lab::nodeforge::libvirt:index/volume:Volume::lab-base-0123456789ab",
  type: "libvirt:index/volume:Volume",
  id: `/pool/${name}`,
  provider: `${provider.urn}::p`,
  inputs: { name, pool: "own", source: "/images/node.qcow2" },
};
const half: StateResource = { ...base, initErrors: ["no space left on device"] };

const volume = (key: string, backing?: string) =>
  `<volume type='file'>\n  <key>${key}</key>\n` +
  (backing === undefined ? "" : `  <backingStore>\n    <path>${backing}</path>\n  </backingStore>\n`) +
  "</volume>\n";
const listDomains = "list --all --uuid --name";
const answers = {
  "pool-list --inactive --name": "theirs\n",
  "pool-list --name": "own\n",
  "vol-list --pool own": ` ${name}   /pool/${name}\n an other   /pool/an other\n`,
  [`vol-key --pool own ${name}`]: `/pool/${name}\n`,
  [`vol-path --pool own ${name}`]: `/pool/${name}\n`,
  [`vol-dumpxml --pool own ${name}`]: volume(`/pool/${name}`),
  "vol-dumpxml --pool own an other": volume("/pool/an other", "/pool/base"),
  [listDomains]: "uuid-1   some body\n",
  "domblklist --details uuid-1": ` file     cdrom   sda   -\n volume   disk   vdb   /pool/${name}\n file   disk   vda   /a b\n`,
  [`vol-delete --pool own ${name}`]: "",
};

/** Answers of a virsh; whatever has none must not be asked. */
async function removing(
  resources: readonly StateResource[],
  answers: Record<string, string | undefined>,
  isAlone?: () => Promise<boolean>,
) {
  const { virsh, asked } = answering(answers);
  const connect = (to: string) => {
    expect(to).toBe(uri);
    return virsh;
  };
  const state = { resources: [provider, ...resources], pending: [] };
  return { found: await removeHalfUploads(state, connect, isAlone), asked };
}

describe("a volume whose upload failed", () => {
  test("is deleted, and no other one is", async () => {
    const whole = { ...base, id: "/pool/other", inputs: { ...base.inputs, name: "other" } };
    const { found, asked } = await removing([whole, half], answers);
    expect(found).toEqual([{ what: `volume ${name}` }]);
    expect(asked.filter((command) => command.startsWith("vol-delete"))).toEqual([`vol-delete --pool own ${name}`]);
  });

  test("is deleted from a pool that is off, which the refresh would start", async () => {
    const off = { ...answers, "pool-list --inactive --name": "own\n", "pool-start own": "" };
    const { found, asked } = await removing([half], off);
    expect([found, asked[1]]).toEqual([[{ what: `volume ${name}` }], "pool-start own"]);
    expect((await removing([half], answers)).asked).not.toContain("pool-start own");
  });

  test.each([
    ["is gone already", { ...answers, "vol-list --pool own": "" }],
    ["is in a pool that is gone", { ...answers, "pool-list --name": "" }],
    ["is another one under this name", { ...answers, [`vol-key --pool own ${name}`]: `/elsewhere/${name}` }],
  ])("is no matter when it %s", async (_, answers) => {
    const { found, asked } = await removing([half], answers);
    expect(found).toEqual([]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  const overlay = { "vol-dumpxml --pool own an other": volume("/pool/an other", `/pool/${name}`) };
  const disk = { "domblklist --details uuid-1": ` file   disk   vda   /pool/${name}\n` };
  const volumeDisk = { "domblklist --details uuid-1": ` volume   disk   vda   ${name}\n` };

  test.each([
    ["stands on it", overlay, "volume an other stands on it"],
    ["has it as a disk", disk, "domain some body has it as a disk"],
    ["has it as a disk by its name", volumeDisk, "domain some body has it as a disk"],
  ])("is left when something %s", async (_, more, left) => {
    const { found, asked } = await removing([half], { ...answers, ...more });
    expect(found).toEqual([{ what: `volume ${name}`, left }]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  test.each([
    ["volume that stands on it", { ...base, id: "/pool/an other" }, overlay],
    ["domain that has it as a disk", { urn: "d", type: "libvirt:index/domain:Domain", id: "uuid-1" }, disk],
  ])("is deleted when the state has the %s: it is from before", async (_, owned, more) => {
    const { found } = await removing([half, owned], { ...answers, ...more });
    expect(found).toEqual([{ what: `volume ${name}` }]);
  });

  test("is deleted when nobody else works on the stack, and is left when somebody began to", async () => {
    expect((await removing([half], answers, () => Promise.resolve(true))).found).toEqual([{ what: `volume ${name}` }]);
    const others = { ...answers, [`vol-delete --pool own ${name}`]: undefined };
    await expect(removing([half], others, () => Promise.resolve(false))).rejects.toThrow(AnotherRunError);
  });

  test("is an error by its name when nobody knows its hypervisor", async () => {
    await expect(removing([{ ...half, provider: "urn:gone::p" }], answers)).rejects.toThrow(`volume ${name} failed`);
  });

  test.each([
    ["asked about", {}],
    ["deleted", { ...answers, [`vol-delete --pool own ${name}`]: undefined }],
  ])("that cannot be %s is an error, because a refresh would take it for whole", async (_, answers) => {
    await expect(removing([half], answers)).rejects.toThrow("no answer to");
  });
});

test.each([
  ["a volume without an error", base],
  ["a volume whose errors are none", { ...base, initErrors: [] }],
  ["a disk without a source", { ...half, inputs: { name, pool: "own", size: 1 } }],
  ["anything else", { ...half, type: "libvirt:index/domain:Domain" }],
])("virsh is not asked about %s", async (_, resource) => {
  expect(await removing([resource], {})).toEqual({ found: [], asked: [] });
});
