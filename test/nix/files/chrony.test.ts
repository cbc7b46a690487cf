import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDebian } from "../../../image/debian/debian.ts";
import { fileText, readDeclaration } from "../../../image/declaration.ts";
import { temporaryFolder } from "../../support/folder.ts";

const node = readDeclaration();
const kvm = { "sys/devices/system/clocksource/clocksource0/available_clocksource": "kvm-clock tsc acpi_pm \n" };
const emulated = { "sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet acpi_pm \n" };
const hypervisor = { "sys/class/ptp/ptp1/clock_name": "KVM virtual PTP\n" };
const other = { "sys/class/ptp/ptp0/clock_name": "a network card\n" };
const lease = (ntp: string) => ({
  "run/systemd/netif/leases/2": `# made by networkd\nADDRESS=10.0.0.7\n${ntp}DNS=10.0.0.1\n`,
});

/** Runs the image's script on a machine with these files. Fakes of its programs record their arguments. */
function start(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries({ "etc/os-release": 'ID=debian\nNAME="a system"\n', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const program of ["chronyd", "modprobe"]) {
    const text = `#!/bin/sh\nfor argument; do echo "$argument"; done >${folder}/${program}.given\n`;
    writeFileSync(join(folder, program), text, { mode: 0o755 });
  }
  const script = fileText(node, "files/chrony.sh").replaceAll(/(\s|=|<)\/(sys|run|etc)\//g, `$1${folder}/$2/`);
  const { status, stderr } = spawnSync("sh", ["-c", script], {
    env: { PATH: `${folder}:${process.env.PATH}` },
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  const given = (program: string) => {
    try {
      return readFileSync(join(folder, `${program}.given`), "utf8")
        .trim()
        .split("\n");
    } catch {
      return undefined;
    }
  };
  const sources = given("chronyd")?.filter((line) => /^(refclock|server|pool) /.test(line));
  return { sources, chronyd: given("chronyd"), modprobe: given("modprobe") };
}

describe("the clock of a node", () => {
  it("follows only the hypervisor's clock if KVM offers it", () => {
    const { sources, modprobe } = start({ ...kvm, ...other, ...hypervisor, ...lease("NTP=10.0.0.2\n") });
    expect(modprobe).toEqual(["-q", "ptp_kvm"]);
    expect(sources).toEqual(["refclock PHC /dev/ptp1 poll 2"]);
  });

  it("follows the servers that DHCP names if KVM offers no clock", () => {
    for (const files of [kvm, { ...emulated, ...other }]) {
      const { sources } = start({ ...files, ...lease("NTP=10.0.0.2 10.0.0.3\n") });
      expect(sources).toEqual(["server 10.0.0.2 iburst", "server 10.0.0.3 iburst"]);
    }
  });

  it("follows its system's zone of pool.ntp.org if DHCP names no server", () => {
    for (const files of [lease(""), {}]) {
      expect(start({ ...emulated, ...files }).sources).toEqual(["pool 2.debian.pool.ntp.org iburst"]);
    }
    expect(start({ ...emulated, "etc/os-release": "ID=nixos\n" }).sources).toEqual([
      "pool 2.nixos.pool.ntp.org iburst",
    ]);
  });

  it("needs no module if guests are emulated", () => {
    expect(start(emulated).modprobe).toBeUndefined();
  });

  it("is set at once when it is off, and chronyd serves no client", () => {
    const { chronyd } = start(emulated);
    expect(chronyd).toEqual(expect.arrayContaining(["makestep 1 -1", "rtcsync", "cmdport 0"]));
    expect(chronyd?.filter((line) => /^(allow|local)/.test(line))).toEqual([]);
  });

  it("blocks no unit", () => {
    const orders = node.unit.flatMap(({ after = [], wants = [] }) => [...after, ...wants]);
    expect(orders.filter((unit) => /chrony|time-sync/.test(unit))).toEqual([]);
    expect(node.unit.find(({ name }) => name === "chrony")).toMatchObject({ type: "exec" });
  });

  it("can be set by the guest agent on Debian, because hwclock is installed", () => {
    expect(readDebian().packages).toEqual(expect.arrayContaining(["chrony", "util-linux-extra", "qemu-guest-agent"]));
  });
});
