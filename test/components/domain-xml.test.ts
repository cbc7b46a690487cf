import { describe, expect, it } from "vitest";
import { consoleLogPath, domainXslt, type DomainXml } from "../../components/domain-xml.ts";
import { applyStylesheet } from "../support/xslt.ts";

/** XML that the provider writes for a control plane, without the parts that the stylesheet does not touch. */
const domain = `<domain type="kvm">
  <name>lab-master</name>
  <uuid>6ba7b810-9dad-11d1-80b4-00c04fd430c8</uuid>
  <os><type arch="x86_64" machine="pc">hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type="volume" device="disk">
      <driver name="qemu" type="qcow2"/>
      <source pool="nodeforge-lab" volume="root"/>
      <target dev="vda" bus="virtio"/>
    </disk>
    <disk type="volume" device="disk">
      <source pool="nodeforge-lab" volume="seed"/>
      <target dev="vdb" bus="virtio"/>
    </disk>
    <disk type="volume" device="disk">
      <source pool="nodeforge-lab" volume="data"/>
      <target dev="vdc" bus="virtio"/>
    </disk>
    <interface type="network">
      <mac address="52:54:00:00:00:01"/>
      <target dev="vdc"/>
    </interface>
    <console type="pty"><target type="serial" port="0"/></console>
    <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>
    <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
  </devices>
</domain>`;
const log = "/var/log/libvirt/qemu/lab-master-console.log";

/** Applies the stylesheet of a domain. Returns the result without white space between elements. */
function transformed(additions: DomainXml, xml = domain): string {
  return flat(applyStylesheet(domainXslt(additions), xml));
}

function flat(xml: string): string {
  return xml.replaceAll(/>\s+</g, "><").trim();
}

const none = { consoleLog: undefined, disks: [], dataDisk: undefined };

describe("the stylesheet of a domain", () => {
  it("refers to each disk by its file, with any characters in its path, and changes nothing else", () => {
    const files = ["/pool/root", `/a pool/{1} & <2> "3" '4'/seed.iso`, "/pool/data.qcow2"];
    const result = transformed({ ...none, disks: files });
    const shown = ["/pool/root", `/a pool/{1} &amp; &lt;2&gt; &quot;3&quot; '4'/seed.iso`, "/pool/data.qcow2"];
    let expected = flat(domain).replaceAll('<disk type="volume"', '<disk type="file"');
    ["root", "seed", "data"].forEach((volume, index) => {
      expected = expected.replace(
        `<source pool="nodeforge-lab" volume="${volume}"/>`,
        `<source file="${shown[index]}"/>`,
      );
    });
    expect(result).toBe(expected);
    expect(result.match(/<source file=/g)).toHaveLength(3);
  });

  it("does not change a disk whose volume is not a file", () => {
    expect(transformed({ ...none, disks: ["5Xg2ap-lvm", "seed-id"] })).toBe(flat(domain));
  });

  it("gives only the data disk a serial number", () => {
    const result = transformed({ ...none, dataDisk: 2 });
    const target = '<target dev="vdc" bus="virtio"/>';
    expect(result).toBe(flat(domain).replace(target, `${target}<serial>nodeforge-data</serial>`));
  });

  it("gives only the console a log", () => {
    const result = transformed({ ...none, consoleLog: log });
    const target = '<target type="serial" port="0"/>';
    expect(result).toBe(flat(domain).replace(target, `${target}<log file="${log}" append="on"/>`));
  });

  it("makes all changes at the same time", () => {
    const result = transformed({ consoleLog: log, disks: ["/root", "/seed", "/data"], dataDisk: 2 });
    expect(result).toContain('<source file="/data"/><target dev="vdc" bus="virtio"/><serial>');
    expect(result.match(/<serial>nodeforge-data<\/serial>/g)).toHaveLength(1);
    expect(result.match(/<log /g)).toHaveLength(1);
  });

  it("changes nothing without disks, log and data disk", () => {
    expect(transformed(none)).toBe(flat(domain));
  });

  it("adds nothing to a domain without such a disk and without a console", () => {
    const bare = '<domain type="kvm"><devices><disk><target dev="vda"/></disk></devices></domain>';
    expect(transformed({ consoleLog: log, disks: [], dataDisk: 2 }, bare)).toBe(bare);
  });
});

describe("the log of a serial console", () => {
  it.each(["qemu:///system", "qemu+ssh://root@host/system", "qemu:///system?socket=/run/x"])("is kept by %s", (uri) => {
    expect(consoleLogPath(uri, "lab-master")).toBe(log);
  });

  it.each(["qemu:///session", "qemu+ssh://system@host/session"])("is not kept by %s, which cannot write it", (uri) => {
    expect(consoleLogPath(uri, "lab-master")).toBeUndefined();
  });
});
