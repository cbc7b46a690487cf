import { existsSync } from "node:fs";
import { hostPackages, missingTools } from "./image-tools.ts";
import { withProgress, logLine } from "../lib/log.ts";
import { run, which } from "../lib/process.ts";

/** A requirement of the machine, with its Debian package. */
export interface Requirement {
  /** Name of a program, or path of a file. */
  readonly has: string;
  readonly package: string;
}

/** Helper of libvirt that writes the AppArmor profile of a machine. It exists if libvirt is built for AppArmor. */
export const apparmorHelper = "/usr/lib/libvirt/virt-aa-helper";

/** Requirements by purpose. */
const requirements = {
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
    // One of the programs has parts in C, and is linked statically, too.
    { has: "gcc", package: "gcc" },
    { has: "/usr/include/stdlib.h", package: "libc6-dev" },
  ],
  checking: [
    { has: "shellcheck", package: "shellcheck" },
    { has: "nix", package: "nix-bin" },
    // The unit tests write seed disks, apply a stylesheet, and make certificates, keys and disk images.
    { has: "genisoimage", package: "genisoimage" },
    { has: "xsltproc", package: "xsltproc" },
    { has: "openssl", package: "openssl" },
    { has: "ssh-keygen", package: "openssh-client" },
    { has: "qemu-img", package: "qemu-utils" },
  ],
  // The tests of the machines' confinement use libvirt's own helper, on disks of qemu-img.
  confining: [
    { has: apparmorHelper, package: "libvirt-daemon-system" },
    // The tests of the units' sandboxes.
    { has: "systemd-analyze", package: "systemd" },
    { has: "qemu-img", package: "qemu-utils" },
  ],
  // The tests of HTML pages.
  browsing: [{ has: "chromium-headless-shell", package: "chromium-headless-shell" }],
} as const satisfies Record<string, readonly Requirement[]>;

/** Programs of browsers that the tests of HTML pages can use, the preferred first. */
export const browserPrograms = ["chromium-headless-shell", "chromium", "google-chrome"] as const;

/** Purpose of a requirement. */
export type Purpose = keyof typeof requirements;

function qemuPackage(): string {
  return process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86";
}

/** Returns the Debian packages that are missing here. */
export function missingPackages(purpose: Purpose): readonly string[] {
  const wanted: readonly Requirement[] = requirements[purpose];
  // The compiler of the flake's shell has libc's headers of its own, so none are in /usr/include on NixOS.
  const isInNixShell = process.env.NODEFORGE_NIX_NODE !== undefined;
  const isThere = (has: string) =>
    has.startsWith("/")
      ? existsSync(has) || (isInNixShell && has.startsWith("/usr/include/"))
      : which(has) !== undefined;
  return wanted.filter(({ has }) => !isThere(has)).map((requirement) => requirement.package);
}

/**
 * Installs the missing packages of some purposes with one call of apt-get, and logs them.
 * @throws on a system without apt-get, with the packages to install.
 */
export async function provide(...purposes: readonly Purpose[]): Promise<void> {
  const lacking = purposes.filter((purpose) => missingPackages(purpose).length > 0);
  await install([...new Set(lacking.flatMap(missingPackages))], lacking.join(" and "));
}

/** Installs the missing packages of the node image's builder, some of which have no programs. */
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
    throw new Error(
      `this machine lacks, for ${purpose}: ${list} (Debian's names). Fix: install them and run the command again`,
    );
  }
  logLine(`installing for ${purpose}: ${list}`);
  await withProgress("apt-get", async () => {
    await asRoot("apt-get", ["update"]);
    await asRoot("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], 20 * 60_000);
  });
}

/**
 * Runs a program as root, with sudo unless this process is root. It never asks for a password.
 * @param timeout Milliseconds. @default 5 minutes
 */
export async function asRoot(program: string, args: readonly string[], timeout = 300_000): Promise<string> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  if (process.getuid?.() === 0) return run(program, args, { env, timeout });
  if (which("sudo") === undefined)
    throw new Error(`this user is not root, and sudo is missing. Fix: run as root: ${program} ${args.join(" ")}`);
  try {
    await run("sudo", ["-n", "true"]);
  } catch {
    throw new Error(`sudo would ask for a password. Fix: run it yourself: sudo ${program} ${args.join(" ")}`);
  }
  return run(
    "sudo",
    ["-n", "env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), program, ...args],
    {
      timeout,
    },
  );
}

/** Whether systemd runs on this machine. Most containers have none. */
export function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}
