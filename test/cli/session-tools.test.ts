import { expect, test, vi } from "vitest";
import { openSession, type Needs } from "../../cli/session.ts";

const seen = vi.hoisted(() => ({ builds: false, purposes: [] as (readonly string[])[] }));

vi.mock("../../lib/transfers.ts", () => ({ earlyTransfers: { add: () => undefined } }));
vi.mock("../../tools/plugins.ts", async (original) => ({
  ...(await original<object>()),
  buildsPlugins: () => Promise.resolve(seen.builds),
}));
vi.mock("../../image/system.ts", async (original) => ({
  ...(await original<object>()),
  chooseSystem: () => Promise.resolve({ system: "debian", reason: "" }),
}));
vi.mock("../../tools/requirements.ts", () => ({
  provide: (...purposes: readonly string[]) => {
    seen.purposes.push(purposes);
    return Promise.reject(new Error("the test ends here"));
  },
}));

const whole: Needs = { image: "later", hypervisor: true };
const destroying: Needs = { image: false, hypervisor: true };
const reading: Needs = { image: false, hypervisor: false, plugins: false };

/** Purposes for which a session installs packages. */
async function purposesOf(needs: Needs, builds: boolean, image = ""): Promise<readonly string[]> {
  Object.assign(seen, { builds, purposes: [] });
  vi.stubEnv("NODEFORGE_IMAGE", image);
  await expect(openSession({ stack: "no-such-stack" }, needs)).rejects.toThrow("the test ends here");
  vi.unstubAllEnvs();
  expect(seen.purposes).toHaveLength(1);
  return seen.purposes[0] ?? [];
}

test.each([
  ["plugins are built", destroying, true, "", ["building", "provisioning", "hypervisor"]],
  ["the node image is built", whole, false, "", ["building", "provisioning", "hypervisor"]],
  ["both are", whole, true, "", ["building", "provisioning", "hypervisor"]],
] as const)("a session installs Go where %s", async (_, needs, builds, image, purposes) => {
  expect(await purposesOf(needs, builds, image)).toEqual(purposes);
});

test.each([
  ["plugins are released and no image is read", destroying, false, "", ["provisioning", "hypervisor"]],
  ["plugins are released and the image is given", whole, false, "/image.qcow2", ["provisioning", "hypervisor"]],
  ["no plugin is used", reading, true, "", []],
] as const)("a session installs no Go where %s", async (_, needs, builds, image, purposes) => {
  expect(await purposesOf(needs, builds, image)).toEqual(purposes);
});
