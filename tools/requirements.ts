import { existsSync } from "node:fs";
import { hostPackages, missingTools } from "./image-tools.ts";
import { withProgress, logLine } from "../lib/log.ts";
import { run, which } from "../lib/process.ts";

/** Something the machine must have, and the Debian package it comes in. */
export interface Requirement {
  /** Name of a program, or path of a file. */
  readonly has: string;
  readonly package: string;
}

/** libvirt's helper that writes the AppArmor profile of a machine; there where libvirt is built for AppArmor. */
export const apparmorHelper = "/usr/lib/libvirt/virt-aa-helper";

/** What is needed, by what it is needed for. */
export const requirements = {
  hypervisor: [
    { has: "libvirtd", package: "libvirt-daemon-system" },
    { has: "virsh", package: "libvirt-clients" },
    { has: process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64", package: qemuPackage() },
    { has: "qemu-img", package: "qemu-utils" },
    { has: "dnsmasq", package: "dnsmasq-base" },
    { has: "iptables", package: "iptables" },
  ],
  provisioning: [
    { has: "genisoimage", package: "genisoimage" },
    { has: "xsltproc", package: "xsltproc" },
    { has: "ssh", package: "openssh-client" },
  ],
  building: [
    { has: "go", package: "golang-go" },
    // One of the programs has C parts, and is linked statically all the same.
    { has: "gcc", package: "gcc" },
    { has: "/usr/include/stdlib.h", package: "libc6-dev" },
  ],
  checking: [
    { has: "shellcheck", package: "shellcheck" },
    { has: "nix", package: "nix-bin" },
    // The unit tests apply a stylesheet, and make certificates, keys and disk images.
    { has: "xsltproc", package: "xsltproc" },
    { has: "openssl", package: "openssl" },
    { has: "ssh-keygen", package: "openssh-client" },
    { has: "qemu-img", package: "qemu-utils" },
  ],
  // What machines may reach is tested with libvirt's own helper, on disks that qemu-img makes.
  confining: [
    { has: apparmorHelper, package: "libvirt-daemon-system" },
    { has: "qemu-img", package: "qemu-utils" },
  ],
} as const satisfies Record<string, readonly Requirement[]>;

/** A reason to need something. */
export type Purpose = keyof typeof requirements;

function qemuPackage(): string {
  return process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86";
}

/** Debian packages that this machine lacks. */
export function missingPackages(purpose: Purpose): readonly string[] {
  const wanted: readonly Requirement[] = requirements[purpose];
  const isThere = (has: string) => (has.startsWith("/") ? existsSync(has) : which(has) !== undefined);
  return wanted.filter(({ has }) => !isThere(has)).map((requirement) => requirement.package);
}

/**
 * Installs what the machine lacks for a purpose, saying so.
 * @throws on a system without apt-get, naming what is to be installed by hand.
 */
export async function provide(purpose: Purpose): Promise<void> {
  await install(missingPackages(purpose), purpose);
}

/** The same for what the node image's builder asks for, some of which are no programs. */
export async function provideImageTools(): Promise<void> {
  const missing = which("dpkg-query") === undefined ? missingTools() : await notInstalled(hostPackages());
  await install(missing, "building the node image");
}

async function notInstalled(packages: readonly string[]): Promise<readonly string[]> {
  const installed = await run("dpkg-query", ["--show", "--showformat", "${Package} ${db:Status-Status}\\n"]);
  const suffix = " installed";
  const lines = installed.split("\n").filter((line) => line.endsWith(suffix));
  const present = new Set(lines.map((line) => line.slice(0, -suffix.length)));
  return packages.filter((name) => !present.has(name));
}

async function install(packages: readonly string[], purpose: string): Promise<void> {
  if (packages.length === 0) return;
  const list = packages.join(" ");
  if (which("apt-get") === undefined) {
    throw new Error(`this machine lacks, for ${purpose}: ${list} (Debian's names); install them and run this again`);
  }
  logLine(`installing for ${purpose}: ${list}`);
  await withProgress("apt-get", async () => {
    await asRoot("apt-get", ["update"]);
    await asRoot("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], 20 * 60_000);
  });
}

/**
 * Runs a program as root, through sudo where this process is not root. Never asks for a password.
 * @param timeout Milliseconds. @default 5 minutes
 */
export async function asRoot(program: string, args: readonly string[], timeout = 300_000): Promise<string> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  if (process.getuid?.() === 0) return run(program, args, { env, timeout });
  if (which("sudo") === undefined) throw new Error(`run as root: ${program} ${args.join(" ")}`);
  try {
    await run("sudo", ["-n", "true"]);
  } catch {
    throw new Error(`sudo would ask for a password; run it yourself: sudo ${program} ${args.join(" ")}`);
  }
  return run(
    "sudo",
    ["-n", "env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), program, ...args],
    {
      timeout,
    },
  );
}

/** Whether systemd runs this machine; in most containers nothing does. */
export function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}
