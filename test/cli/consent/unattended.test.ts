import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { optionsToProceed, previewArguments, refuseOtherImage } from "../../../cli/consent/unattended.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { urn } from "../../support/urn.ts";

beforeEach(() => void vi.stubEnv("NODEFORGE_IMAGE", ""));
afterEach(() => void vi.unstubAllEnvs());

const volume = (name: string, outputs: object) => ({
  urn: urn("libvirt:index/volume:Volume", name),
  type: "libvirt:index/volume:Volume",
  id: `/pool/${name}`,
  outputs,
});
const machines = [
  { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
  volume("lab-base", { name: "lab-base-0123456789ab.qcow2" }),
  volume("lab-master-root", { baseVolumeId: "/pool/lab-base" }),
  {
    urn: urn("libvirt:index/domain:Domain", "lab-master"),
    type: "libvirt:index/domain:Domain",
    id: "1",
    outputs: { name: "lab-master", disks: [{ volumeId: "/pool/lab-master-root" }] },
  },
];

/** What a stack with these resources is told before an image is built; "" when nothing. */
async function refusal(resources: readonly object[], built: string | undefined, settings = {}): Promise<string> {
  const session = {
    stack: "lab",
    settings: () => settingsOf(settings),
    capture: () => Promise.resolve(JSON.stringify({ deployment: { resources } })),
  };
  return refuseOtherImage(session, ["--parallel", "2"], () => Promise.resolve(built)).then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
}

test("an up that would replace nodes by ones of an image that is not built yet is refused before it is built", async () => {
  const lines = (await refusal(machines, undefined)).split("\n");
  expect(lines[0]).toContain("none of it was done");
  expect(lines.slice(1)).toEqual([
    "  replace  machine master, which runs image 0123456789ab",
    "  reason: this checkout has another node image, which is not built yet",
    "To agree: npm run up -- --stack lab --parallel 2 --yes",
  ]);
});

test("one whose image is there is not, nor a stack without machines, nor one that names its image", async () => {
  expect(await refusal(machines, "/cache/node.qcow2")).toBe("");
  expect(await refusal([], undefined)).toBe("");
  expect(await refusal(machines.slice(0, 2), undefined)).toBe("");
  expect(await refusal(machines, undefined, { image: "/other.qcow2" })).toBe("");
  vi.stubEnv("NODEFORGE_IMAGE", "/given.qcow2");
  expect(await refusal(machines, undefined)).toBe("");
});

test("a preview gets what it knows of the arguments of up", () => {
  const args = ["--continue-on-error", "--target", "a", "--secrets-provider", "default", "--strict", "--refresh"];
  expect(previewArguments(args)).toEqual(["--target", "a", "--refresh"]);
});

test("what was shown is not planned again, except for a strict update", () => {
  expect(optionsToProceed(["--target", "a"])).toEqual(["--yes", "--skip-preview"]);
  expect(optionsToProceed(["--strict"])).toEqual(["--yes"]);
});
