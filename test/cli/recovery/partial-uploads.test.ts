import { describe, expect, test } from "vitest";
import { removeOrphans } from "../../../cli/recovery/orphans.ts";
import { partialUploads } from "../../../cli/recovery/partial-uploads.ts";
import type { StateResource } from "../../../cli/stack/state.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { collect } from "../../support/collect.ts";
import { answering } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";

const uri = "qemu+ssh://host/system";
const provider: StateResource = {
  urn: urn("pulumi:providers:libvirt", "hypervisor"),
  type: "pulumi:providers:libvirt",
  inputs: { uri },
};
const name = "lab-base-0123456789ab.qcow2";
const base: StateResource = {
  urn: urn("libvirt:index/volume:Volume", "lab-base-0123456789ab"),
  type: "libvirt:index/volume:Volume",
  id: `/pool/${name}`,
  provider: `${provider.urn}::p`,
  inputs: { name, pool: "own", source: "/images/node.qcow2" },
};
const partial: StateResource = { ...base, initErrors: ["no space left on device"] };

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

/** Removes partial uploads with a virsh that has only these answers and fails otherwise. */
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
  return { found: await collect(removeOrphans(state, partialUploads(state, connect), isAlone)), asked };
}

describe("a volume whose upload failed", () => {
  test("is deleted, and no other volume is", async () => {
    const whole = { ...base, id: "/pool/other", inputs: { ...base.inputs, name: "other" } };
    const { found, asked } = await removing([whole, partial], answers);
    expect(found).toEqual([{ what: `volume ${name}` }]);
    expect(asked.filter((command) => command.startsWith("vol-delete"))).toEqual([`vol-delete --pool own ${name}`]);
  });

  test("is deleted from an inactive pool, which the refresh would start", async () => {
    const off = { ...answers, "pool-list --inactive --name": "own\n", "pool-start own": "" };
    const { found, asked } = await removing([partial], off);
    expect([found, asked[1]]).toEqual([[{ what: `volume ${name}` }], "pool-start own"]);
    expect((await removing([partial], answers)).asked).not.toContain("pool-start own");
  });

  test.each([
    ["is missing", { ...answers, "vol-list --pool own": "" }],
    ["is in a pool that is missing", { ...answers, "pool-list --name": "" }],
    ["is another volume of this name", { ...answers, [`vol-key --pool own ${name}`]: `/elsewhere/${name}` }],
  ])("is not touched when it %s", async (_, answers) => {
    const { found, asked } = await removing([partial], answers);
    expect(found).toEqual([]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  const overlay = { "vol-dumpxml --pool own an other": volume("/pool/an other", `/pool/${name}`) };
  const disk = { "domblklist --details uuid-1": ` file   disk   vda   /pool/${name}\n` };
  const volumeDisk = { "domblklist --details uuid-1": ` volume   disk   vda   ${name}\n` };

  test.each([
    ["is an overlay of it", overlay, "volume an other has it as its backing file"],
    ["has it as a disk", disk, "domain some body has it as a disk"],
    ["has it as a disk by name", volumeDisk, "domain some body has it as a disk"],
  ])("is kept when an object outside of the state %s", async (_, more, kept) => {
    const { found, asked } = await removing([partial], { ...answers, ...more });
    expect(found).toEqual([{ what: `volume ${name}`, kept }]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  test.each([
    ["overlay of it", { ...base, id: "/pool/an other" }, overlay],
    ["domain that has it as a disk", { urn: "d", type: "libvirt:index/domain:Domain", id: "uuid-1" }, disk],
  ])("is deleted when the state has the %s, which used an earlier volume", async (_, owned, more) => {
    const { found } = await removing([partial, owned], { ...answers, ...more });
    expect(found).toEqual([{ what: `volume ${name}` }]);
  });

  test("is deleted when no other run works on the stack, and kept when one begins to", async () => {
    expect((await removing([partial], answers, () => Promise.resolve(true))).found).toEqual([
      { what: `volume ${name}` },
    ]);
    const others = { ...answers, [`vol-delete --pool own ${name}`]: undefined };
    await expect(removing([partial], others, () => Promise.resolve(false))).rejects.toThrow(AnotherRunError);
  });

  test("is an error with its name and the fix when the state does not name its hypervisor", async () => {
    await expect(removing([{ ...partial, provider: "urn:gone::p" }], answers)).rejects.toThrow(
      `the upload of volume ${name} failed, and the state does not name its hypervisor. ` +
        `Fix: delete the volume from pool own, then run \`pulumi state delete '${base.urn}'\``,
    );
  });

  test.each([
    ["looked up", {}],
    ["deleted", { ...answers, [`vol-delete --pool own ${name}`]: undefined }],
  ])("that cannot be %s is an error, because a refresh would count it as complete", async (_, answers) => {
    await expect(removing([partial], answers)).rejects.toThrow("no answer to");
  });
});

test.each([
  ["a volume without an error", base],
  ["a volume with an empty list of errors", { ...base, initErrors: [] }],
  ["a disk without a source", { ...partial, inputs: { name, pool: "own", size: 1 } }],
  ["a resource of another type", { ...partial, type: "libvirt:index/domain:Domain" }],
])("virsh is not called for %s", async (_, resource) => {
  expect(await removing([resource], {})).toEqual({ found: [], asked: [] });
});
