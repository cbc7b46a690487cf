import { isSystemDaemon } from "../libvirt/uri.ts";
import { consoleLogName, dataDiskSerial, domainLogFolder } from "../names.ts";
import { append, attribute, setAttribute, stylesheet } from "./stylesheet.ts";

/** Changes to the domain XML that the provider writes. */
export interface DomainXml {
  /** File on the hypervisor with the output of the serial console; undefined where libvirt must not write one. */
  readonly consoleLog: string | undefined;
  /** Ids of the volumes of the disks vda, vdb and so on. In a pool of files an id is a path. */
  readonly disks: readonly string[];
  /** Index of the disk with the control plane's data; undefined for a machine without one. */
  readonly dataDisk: number | undefined;
}

/**
 * Returns the stylesheet that changes a domain where the provider (0.8.3) has no property.
 *
 * - Each disk refers to its file. The provider refers to pool and volume. For those libvirt's AppArmor driver writes no rule
 *   (virt-aa-helper, tried with libvirt 9.0), so QEMU could not open its disks. The backing file of the root disk needs no
 *   change. libvirt passes the whole chain to the helper, which gives read access to the files behind a disk.
 * - The data disk gets a serial number.
 * - The serial console gets a log. It is the only evidence of a machine that never reached its network. The file needs no rule
 *   of AppArmor: virtlogd opens it, and QEMU writes to a pipe (default of stdio_handler in qemu.conf).
 */
export function domainXslt({ consoleLog, disks, dataDisk }: DomainXml): string {
  const log = consoleLog && append("/domain/devices/console", `<log file="${consoleLog}" append="on"/>`);
  const serial = dataDisk !== undefined && append(diskAt(dataDisk), `<serial>${dataDiskSerial}</serial>`);
  // The preflight refuses a pool without files; a volume that is no file is left to the provider.
  const files = disks.map((id, index) => id.startsWith("/") && namedByFile(diskAt(index), id));
  return stylesheet(...[log, ...files, serial].filter((template) => typeof template === "string"));
}

/** XPath of a disk in a domain's XML. The provider counts targets from vda. */
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

/** Path of the log of a domain's serial console, beside libvirt's log of the domain; undefined where libvirt cannot write it. */
export function consoleLogPath(libvirtUri: string, domainName: string): string | undefined {
  // A session daemon runs as an ordinary user, who has no access to the folder.
  return isSystemDaemon(libvirtUri) ? `${domainLogFolder}/${consoleLogName(domainName)}` : undefined;
}
