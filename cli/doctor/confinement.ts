import { virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { ok, warn, type Finding } from "./finding.ts";

/** What libvirt's security drivers are called, by the name in its capabilities. */
const drivers: Readonly<Record<string, string>> = { apparmor: "AppArmor", selinux: "SELinux" };

/** Says what confines the machines on a hypervisor: it decides why QEMU may be refused a file. */
export async function checkConfinement(uri: string, virsh: Virsh = virshFor(uri)): Promise<Finding> {
  try {
    return judgeConfinement(await virsh("capabilities"));
  } catch (error) {
    return warn(
      "confinement",
      `libvirt does not say: ${(error as Error).message.split("\n").at(-1)}`,
      "`up` needs that hypervisor; connect to it with virsh to see more",
    );
  }
}

/** The judgement of {@link checkConfinement}. DAC, which gives QEMU a user of its own, is always there. */
export function judgeConfinement(capabilities: string): Finding {
  const [host = ""] = /<host>.*?<\/host>/s.exec(capabilities) ?? [];
  const models = [...host.matchAll(/<secmodel>\s*<model>([^<]*)<\/model>/g)].map(([, model = ""]) => model);
  const active = models.flatMap((model) => drivers[model] ?? []);
  return active.length > 0
    ? ok("confinement", `${active.join(" and ")} confines machines; libvirt makes a rule for each of their disks`)
    : ok("confinement", "none: neither AppArmor nor SELinux confines machines");
}
