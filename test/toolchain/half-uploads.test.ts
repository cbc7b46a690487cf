import { describe, expect, test } from "vitest";
import { removeHalfUploads } from "../../toolchain/half-uploads.ts";
import type { StateResource } from "../../toolchain/stack-state.ts";

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

const answers = {
  "pool-list --inactive --name": "theirs\n",
  "pool-list --name": "own\n",
  "vol-list --pool own": ` ${name}   /pool/${name}\n other   /pool/other\n`,
  [`vol-key --pool own ${name}`]: `/pool/${name}\n`,
  [`vol-delete --pool own ${name}`]: "",
};

/** Answers of a virsh; whatever has none must not be asked. */
async function removing(resources: readonly StateResource[], answers: Record<string, string>) {
  const asked: string[] = [];
  const connect = (to: string) => {
    expect(to).toBe(uri);
    return (...args: readonly string[]) => {
      const command = args.join(" ");
      asked.push(command);
      const answer = answers[command];
      return answer === undefined ? Promise.reject(new Error(`no answer to ${command}`)) : Promise.resolve(answer);
    };
  };
  return { removed: await removeHalfUploads({ resources: [provider, ...resources], pending: [] }, connect), asked };
}

describe("a volume whose upload failed", () => {
  test("is deleted, and no other one is", async () => {
    const whole = { ...base, id: "/pool/other", inputs: { ...base.inputs, name: "other" } };
    const { removed, asked } = await removing([whole, half], answers);
    expect(removed).toEqual([name]);
    expect(asked.filter((command) => command.startsWith("vol-delete"))).toEqual([`vol-delete --pool own ${name}`]);
  });

  test("is deleted from a pool that is off, which the refresh would start", async () => {
    const off = { ...answers, "pool-list --inactive --name": "own\n", "pool-start own": "" };
    const { removed, asked } = await removing([half], off);
    expect([removed, asked[1]]).toEqual([[name], "pool-start own"]);
    expect((await removing([half], answers)).asked).not.toContain("pool-start own");
  });

  test.each([
    ["is gone already", { ...answers, "vol-list --pool own": "" }],
    ["is in a pool that is gone", { ...answers, "pool-list --name": "" }],
    ["is another one under this name", { ...answers, [`vol-key --pool own ${name}`]: `/elsewhere/${name}` }],
  ])("is no matter when it %s", async (_, answers) => {
    const { removed, asked } = await removing([half], answers);
    expect(removed).toEqual([]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  test.each([
    ["asked about", {}],
    ["deleted", { ...answers, [`vol-delete --pool own ${name}`]: undefined }],
  ])("that cannot be %s is an error, because a refresh would take it for whole", async (_, answers) => {
    await expect(removing([half], answers as Record<string, string>)).rejects.toThrow("no answer to");
  });
});

test.each([
  ["a volume without an error", base],
  ["a volume whose errors are none", { ...base, initErrors: [] }],
  ["a disk without a source", { ...half, inputs: { name, pool: "own", size: 1 } }],
  ["anything else", { ...half, type: "libvirt:index/domain:Domain" }],
])("virsh is not asked about %s", async (_, resource) => {
  expect(await removing([resource], {})).toEqual({ removed: [], asked: [] });
});
