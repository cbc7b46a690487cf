import { virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { ok, warn, type Finding } from "./finding.ts";

/** Names of libvirt's security drivers, by their name in its capabilities. */
const drivers: Readonly<Record<string, string>> = { apparmor: "AppArmor", selinux: "SELinux" };

/** Names the security driver of a hypervisor, because it may deny QEMU access to a file. */
export async function checkConfinement(uri: string, virsh: Virsh = virshFor(uri)): Promise<Finding> {
  try {
    return judgeConfinement(await virsh("capabilities"));
  } catch (error) {
    return warn(
      "confinement",
      `libvirt cannot be asked: ${(error as Error).message.split("\n").at(-1)}`,
      "`up` needs this hypervisor; `virsh -c URI capabilities` shows the whole error",
    );
  }
}

/** Judges the capabilities of a hypervisor. Ignores DAC, which only sets QEMU's user and is always active. */
export function judgeConfinement(capabilities: string): Finding {
  const [host = ""] = /<host>.*?<\/host>/s.exec(capabilities) ?? [];
  const models = [...host.matchAll(/<secmodel>\s*<model>([^<]*)<\/model>/g)].map(([, model = ""]) => model);
  const active = models.flatMap((model) => drivers[model] ?? []);
  return active.length > 0
    ? ok("confinement", `${active.join(" and ")} confines machines; libvirt adds a rule for each of their disks`)
    : ok("confinement", "none: neither AppArmor nor SELinux confines machines");
}
