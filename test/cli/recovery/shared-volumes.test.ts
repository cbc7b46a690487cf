import { expect, test } from "vitest";
import { refuseSharedVolumes } from "../../../cli/recovery/shared-volumes.ts";
import type { StateResource } from "../../../cli/stack/state.ts";
import { answering } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";

const provider = urn("pulumi:providers:libvirt", "hypervisor");
const resources: readonly StateResource[] = [
  { urn: provider, type: "pulumi:providers:libvirt", inputs: { uri: "qemu:///system" } },
  { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
  {
    urn: urn("random:index/randomUuid:RandomUuid", "lab-id"),
    type: "random:index/randomUuid:RandomUuid",
    outputs: { result: "0123abcd-1111-2222-3333-444444444444" },
  },
];

function volume(name: string): StateResource {
  const type = "libvirt:index/volume:Volume";
  const inputs = { name, pool: "own", source: "/node.qcow2" };
  return { urn: urn(type, "lab-base"), type, id: `/pool/${name}`, provider: `${provider}::p`, inputs };
}

const old = "lab-base-0123456789ab.qcow2";
const answers = {
  "pool-list --inactive --name": "",
  "pool-list --name": "own\n",
  "vol-list --pool own": ` ${old}   /pool/${old}\n theirs   /pool/theirs\n`,
  [`vol-path --pool own ${old}`]: `/pool/${old}\n`,
  "vol-dumpxml --pool own theirs": "<volume><key>/pool/theirs</key></volume>",
  "list --all --uuid --name": "",
};

function refusing(state: readonly StateResource[], answers: Record<string, string>) {
  const { virsh, asked } = answering(answers);
  const refused = refuseSharedVolumes({ resources: [...resources, ...state], pending: [] }, () => virsh);
  return { refused, asked };
}

test("a volume without the cluster's id that another volume uses is not destroyed", async () => {
  const overlay = `<volume><key>/pool/theirs</key><backingStore><path>/pool/${old}</path></backingStore></volume>`;
  const { refused } = refusing([volume(old)], { ...answers, "vol-dumpxml --pool own theirs": overlay });
  await expect(refused).rejects.toThrow(
    `volume ${old} of pool own: volume theirs has it as its backing file; npm run pulumi -- state delete '${volume(old).urn}'`,
  );
});

test("a volume in an inactive pool is checked, because the destruction would start the pool and delete the volume", async () => {
  const overlay = `<volume><key>/pool/theirs</key><backingStore><path>/pool/${old}</path></backingStore></volume>`;
  const inactive = { ...answers, "pool-list --inactive --name": "own\n", "pool-start own": "" };
  const { refused, asked } = refusing([volume(old)], { ...inactive, "vol-dumpxml --pool own theirs": overlay });
  await expect(refused).rejects.toThrow("volume theirs has it as its backing file");
  expect(asked.slice(0, 2)).toEqual(["pool-list --inactive --name", "pool-start own"]);
});

test.each([
  ["is used only by the stack", volume(old), answers],
  ["is missing", volume(old), { ...answers, "vol-list --pool own": "" }],
  ["is on a hypervisor that does not answer", volume(old), {}],
])("a volume without the id is destroyed when it %s", async (_, resource, answers) => {
  await expect(refusing([resource], answers).refused).resolves.toBeUndefined();
});

test("virsh is not called for a volume that has the id", async () => {
  const { refused, asked } = refusing([volume("lab-base-0123456789ab-0123abcd.qcow2")], {});
  await refused;
  expect(asked).toEqual([]);
});
