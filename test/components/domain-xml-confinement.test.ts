import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consoleLogPath, domainXslt } from "../../components/domain-xml.ts";
import { apparmorHelper } from "../../tools/requirements.ts";
import { applyStylesheet } from "../support/xslt.ts";

const uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
// The helper refuses some folders of the system, and prints real paths.
const folder = realpathSync(mkdtempSync(join(tmpdir(), "nodeforge-confinement-")));
const [base, root, seed, data] = ["base.qcow2", "root-0a1b2c3", "seed.iso", "data.qcow2"].map((name) =>
  join(folder, name),
) as [string, string, string, string];

/** XML that the provider (0.8.3) writes for a control plane: disks by pool and volume, the seed disk without a format. */
const written = `<domain type="qemu"><name>lab-master</name><uuid>${uuid}</uuid><memory unit="MiB">2048</memory>
  <os><type arch="x86_64" machine="pc">hvm</type></os>
  <devices>
    <disk type="volume" device="disk"><driver name="qemu" type="qcow2"/><source pool="lab" volume="root-0a1b2c3"/><target dev="vda" bus="virtio"/></disk>
    <disk type="volume" device="disk"><driver name="qemu" type="raw"/><source pool="lab" volume="seed.iso"/><target dev="vdb" bus="virtio"/></disk>
    <disk type="volume" device="disk"><driver name="qemu" type="qcow2"/><source pool="lab" volume="data.qcow2"/><target dev="vdc" bus="virtio"/></disk>
    <console type="pty"><target type="serial" port="0"/></console>
  </devices>
</domain>`;

/** Returns the XML that libvirt gets. */
function defined(disks: readonly string[]): string {
  const consoleLog = consoleLogPath("qemu:///system", "lab-master");
  return applyStylesheet(domainXslt({ consoleLog, disks, dataDisk: 2 }), written);
}

/** Returns the rules that libvirt's helper prints for files of a domain in the test's folder. The helper writes nothing. */
function rules(xml: string): string[] {
  const { stdout, stderr } = spawnSync(apparmorHelper, ["-c", "-d", "-u", `libvirt-${uuid}`], {
    input: xml,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  const lines = `${stdout}${stderr}`.split("\n").map((line) => line.trim());
  return lines.filter((line) => line.includes(folder)).sort();
}

beforeAll(() => {
  const create = (...args: string[]) => execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...args]);
  create(base, "1G");
  create("-b", base, "-F", "qcow2", root);
  create(data, "1G");
  writeFileSync(seed, "seed");
});
afterAll(() => rmSync(folder, { recursive: true }));

// Only distributions such as Debian build libvirt for AppArmor. There the tests install the helper.
describe.skipIf(!existsSync(apparmorHelper))("AppArmor's rules for a control plane", () => {
  it("let QEMU write its root disk, seed disk and data disk, and read the base image", () => {
    expect(rules(defined([root, seed, data]))).toEqual(
      [`"${root}" rwk,`, `"${seed}" rwk,`, `"${data}" rwk,`, `"${base}" rk,`, `deny "${base}" w,`].sort(),
    );
  });

  it("are none for disks by pool and volume, as the provider writes them", () => {
    expect(rules(written)).toEqual([]);
  });
});
