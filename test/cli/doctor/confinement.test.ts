import { expect, test } from "vitest";
import { checkConfinement, judgeConfinement } from "../../../cli/doctor/confinement.ts";
import { ok, warn } from "../../../cli/doctor/finding.ts";

const model = (name: string) => `<secmodel>\n      <model>${name}</model>\n      <doi>0</doi>\n    </secmodel>`;

/** Returns capabilities whose guests name a driver of their own, which must be ignored. */
function capabilities(...models: string[]): string {
  const guest = `<guest>${model("selinux")}</guest>`;
  return `<capabilities>\n  <host>\n    ${models.map(model).join("\n    ")}\n  </host>\n  ${guest}\n</capabilities>`;
}

test.each([
  [["apparmor", "dac"], "AppArmor confines machines; libvirt adds a rule for each of their disks"],
  [["selinux", "dac"], "SELinux confines machines; libvirt adds a rule for each of their disks"],
  [["none", "dac"], "none: neither AppArmor nor SELinux confines machines"],
  [[], "none: neither AppArmor nor SELinux confines machines"],
])("the security drivers %j are reported", (models, found) => {
  expect(judgeConfinement(capabilities(...models))).toEqual(ok("confinement", found));
});

test("a hypervisor on another machine is asked as well", async () => {
  const calls: string[] = [];
  const virsh = (...args: readonly string[]) => {
    calls.push(args.join(" "));
    return Promise.resolve(capabilities("apparmor"));
  };
  expect(await checkConfinement("qemu+ssh://host/system", virsh)).toEqual(
    ok("confinement", "AppArmor confines machines; libvirt adds a rule for each of their disks"),
  );
  expect(calls).toEqual(["capabilities"]);
});

test("a hypervisor that does not answer is a warning", async () => {
  const virsh = () => Promise.reject(new Error("virsh: no\nroute"));
  expect(await checkConfinement("qemu+ssh://host/system", virsh)).toEqual(
    warn(
      "confinement",
      "libvirt cannot be asked: route",
      "`up` needs this hypervisor; `virsh -c URI capabilities` shows the whole error",
    ),
  );
});
