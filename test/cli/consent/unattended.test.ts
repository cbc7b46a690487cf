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

/** Error for a stack with these resources before an image is built; "" without an error. */
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

test("an up that would replace the nodes is refused before it builds another image", async () => {
  const lines = (await refusal(machines, undefined)).split("\n");
  expect(lines[0]).toContain("none of it was done");
  expect(lines.slice(1)).toEqual([
    "  replace  machine master, which runs image 0123456789ab",
    "  reason: this checkout has another node image, which is not built yet",
    "To agree: npm run up -- --stack lab --parallel 2 --yes",
  ]);
});

test("an up is not refused when the image is built, the stack has no machines, or the image is named", async () => {
  expect(await refusal(machines, "/cache/node.qcow2")).toBe("");
  expect(await refusal([], undefined)).toBe("");
  expect(await refusal(machines.slice(0, 2), undefined)).toBe("");
  expect(await refusal(machines, undefined, { image: "/other.qcow2" })).toBe("");
  vi.stubEnv("NODEFORGE_IMAGE", "/given.qcow2");
  expect(await refusal(machines, undefined)).toBe("");
});

test("a preview gets the arguments of up without the options that it does not have", () => {
  const args = ["--continue-on-error", "--target", "a", "--secrets-provider", "default", "--strict", "--refresh"];
  expect(previewArguments(args)).toEqual(["--target", "a", "--refresh"]);
});

test.each([
  [
    ["--yes", "--skip-preview", "--target", "y"],
    ["--target", "y"],
  ],
  [
    ["-yf", "-df", "-r", "-d"],
    ["-r", "-d"],
  ],
  [["--event-log", "file", "--event-log=file", "--diff"], ["--diff"]],
])("a preview of up %j gets no answer, no preview to skip and no other log: %j", (args, expected) => {
  expect(previewArguments(args)).toEqual(expected);
});

test("an update skips the preview that was printed, unless it is strict", () => {
  expect(optionsToProceed(["--target", "a"])).toEqual(["--yes", "--skip-preview"]);
  expect(optionsToProceed(["--strict"])).toEqual(["--yes"]);
});
