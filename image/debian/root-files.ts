import type { DebianDeclaration } from "./debian.ts";
import { fileText, versionsOf, type NodeDeclaration } from "../declaration.ts";
import { timerFile, timerTarget, unitFile, wantedBy } from "./unit-file.ts";

/** Text file or symbolic link of the image. */
export type RootFile =
  { readonly path: string; readonly text: string } | { readonly path: string; readonly link: string };

/**
 * Returns the declaration as files of a Debian root: units, masks, kernel settings, sshd, cloud-init, mounts.
 *
 * They replace files of Debian's packages with the same path.
 * @param marker Text that distinguishes two images built from the same sources.
 */
export function rootFiles(node: NodeDeclaration, debian: DebianDeclaration, marker: string): readonly RootFile[] {
  return [
    ...node.file.map(({ path, source }) => ({ path, text: fileText(node, source) })),
    ...node.unit.flatMap((unit) => [
      { path: `${units}/${unit.name}.service`, text: unitFile(unit, node) },
      ...wantedBy(unit).map((target) => wants(target, `${unit.name}.service`)),
      ...(unit.timer
        ? [
            { path: `${units}/${unit.name}.timer`, text: timerFile(unit, unit.timer) },
            wants(timerTarget, `${unit.name}.timer`),
          ]
        : []),
    ]),
    ...[...node.quiet.flatMap((group) => group.units), ...debian.quiet].map((unit) => mask(unit)),
    ...node.generators.quiet.map((name) => ({ path: `/etc/systemd/system-generators/${name}`, link: "/dev/null" })),
    ...seedWait(node.seed),
    { path: "/etc/sysctl.d/90-nodeforge.conf", text: lines(node.sysctl, " = ") },
    { path: "/etc/modules-load.d/nodeforge.conf", text: node.kernel.modules.map((name) => `${name}\n`).join("") },
    {
      path: "/etc/modprobe.d/nodeforge.conf",
      text: node.kernel.blacklist.map((name) => `blacklist ${name}\n`).join(""),
    },
    { path: "/etc/tmpfiles.d/nodeforge.conf", text: node.tmpfiles.rules.map((rule) => `${rule}\n`).join("") },
    { path: "/etc/ssh/sshd_config.d/10-nodeforge.conf", text: sshdConfig(node.ssh) },
    { path: "/etc/cloud/cloud.cfg", text: cloudConfig(node["cloud-init"]) },
    { path: "/etc/fstab", text: fstab(debian.disk.label) },
    { path: node.paths["image-record"], text: imageRecord(node, marker) },
    ...debianChoices,
  ];
}

const units = "/etc/systemd/system";

/** Files for which NixOS has options. */
const debianChoices: readonly RootFile[] = [
  // Empty, so each machine makes its own. If it were missing, systemd would treat the boot as the first and enable every unit.
  { path: "/etc/machine-id", text: "" },
  // The generator is a shell script that searches for data sources at every boot, although the declaration names the only one.
  { path: "/etc/systemd/system-generators/cloud-init-generator", link: "/dev/null" },
  wants("multi-user.target", "cloud-init.target", "/usr/lib/systemd/system"),
  // The generator would make this file, and `cloud-init status` looks for it.
  { path: "/etc/tmpfiles.d/cloud-init.conf", text: "d /run/cloud-init 0755 root root -\nf /run/cloud-init/enabled\n" },
  // The root partition grows to the size of the node's disk.
  { path: "/etc/repart.d/50-root.conf", text: "[Partition]\nType=root\n" },
  wants("multi-user.target", "systemd-networkd.service", "/usr/lib/systemd/system"),
  wants("network-online.target", "systemd-networkd-wait-online.service", "/usr/lib/systemd/system"),
  { path: "/etc/resolv.conf", link: "../run/systemd/resolve/stub-resolv.conf" },
];

function wants(target: string, unit: string, folder: string = units): RootFile {
  return { path: `${units}/${target}.wants/${unit}`, link: `${folder}/${unit}` };
}

function mask(unit: string): RootFile {
  return { path: `${units}/${unit}`, link: "/dev/null" };
}

function seedWait(seed: NodeDeclaration["seed"]): readonly RootFile[] {
  // systemd writes "/" as "-" in the name of a device unit, so the hyphen of by-label is escaped.
  const device = `dev-disk-by\\x2dlabel-${seed.label}.device`;
  return [
    { path: `${units}/cloud-init-local.service.d/seed.conf`, text: `[Unit]\nWants=${device}\nAfter=${device}\n` },
    { path: `${units}/${device}.d/timeout.conf`, text: `[Unit]\nJobRunningTimeoutSec=${seed.timeout}\n` },
  ];
}

function sshdConfig(ssh: NodeDeclaration["ssh"]): string {
  return `HostKey /etc/ssh/ssh_host_${ssh["host-key-type"]}_key\n${lines(ssh.settings, " ")}`;
}

function cloudConfig(settings: NodeDeclaration["cloud-init"]): string {
  const system_info = {
    distro: "debian",
    network: { renderers: ["networkd"] },
    paths: { cloud_dir: "/var/lib/cloud/", templates_dir: "/etc/cloud/templates/" },
    ssh_svcname: "ssh",
  };
  // Every JSON text is also YAML, and JSON.stringify keeps the order of the keys.
  return `${JSON.stringify({ ...settings, system_info }, null, 2)}\n`;
}

function fstab(label: string): string {
  // noinit_itable: the kernel does not write zeros into the grown file system, which would fill every node's overlay.
  return `LABEL=${label} / ext4 noatime,noinit_itable,x-systemd.growfs 0 0\n`;
}

function imageRecord(node: NodeDeclaration, marker: string): string {
  return `${JSON.stringify({ contract: node.contract, marker, versions: versionsOf(node) }, null, 2)}\n`;
}

function lines(values: Readonly<Record<string, string>>, between: string): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}${between}${value}\n`)
    .join("");
}
