import { isSystemDaemon } from "../libvirt/uri.ts";
import { consoleLogName, dataDiskSerial, domainLogFolder } from "../names.ts";
import { append, attribute, setAttribute, stylesheet } from "./stylesheet.ts";

/** What a domain's XML gets beside what the provider writes, and in place of it. */
export interface DomainXml {
  /** File on the hypervisor that keeps what the serial port says; undefined where libvirt may not write one. */
  readonly consoleLog: string | undefined;
  /** Ids of the volumes that are the disks, in their order: vda, vdb, and so on. In a pool of files an id is a path. */
  readonly disks: readonly string[];
  /** Index of the disk that carries the control plane's data; undefined for a machine without one. */
  readonly dataDisk: number | undefined;
}

/**
 * The stylesheet that changes a domain where the provider (0.8.3) has no property for it.
 *
 * - Each disk is named by its file. The provider names it by pool and volume, of which libvirt's AppArmor driver makes no
 *   rule (virt-aa-helper, tried with libvirt 9.0): QEMU is then refused its own disks. The backing file of the root disk
 *   needs nothing: libvirt hands the helper the whole chain, and the helper gives what is behind a disk read access.
 * - The data disk gets a serial number.
 * - The serial console gets a log, the only witness of a machine that never reached its network. AppArmor has no rule for
 *   that file and needs none: virtlogd opens it, and QEMU writes to a pipe (stdio_handler in qemu.conf, as it is by default).
 */
export function domainXslt({ consoleLog, disks, dataDisk }: DomainXml): string {
  const log = consoleLog && append("/domain/devices/console", `<log file="${consoleLog}" append="on"/>`);
  const serial = dataDisk !== undefined && append(diskAt(dataDisk), `<serial>${dataDiskSerial}</serial>`);
  // The preflight refuses a pool without files; a volume that is no file is left to the provider.
  const files = disks.map((id, index) => id.startsWith("/") && namedByFile(diskAt(index), id));
  return stylesheet(...[log, ...files, serial].filter((template) => typeof template === "string"));
}

/** Where a disk is in a domain's XML; the provider counts targets from vda on. */
function diskAt(index: number): string {
  return `/domain/devices/disk[target/@dev='vd${String.fromCharCode("a".charCodeAt(0) + index)}']`;
}

function namedByFile(disk: string, path: string): string {
  const source = `<source>${attribute("file", escaped(path))}</source>`;
  return `${setAttribute(disk, "type", "file")}  <xsl:template match="${disk}/source">${source}</xsl:template>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Where libvirt keeps what a domain's serial port says, beside its own log of the domain. */
export function consoleLogPath(libvirtUri: string, domainName: string): string | undefined {
  // A session's libvirt is an ordinary user's, who may not write there.
  return isSystemDaemon(libvirtUri) ? `${domainLogFolder}/${consoleLogName(domainName)}` : undefined;
}
