import { isSystemDaemon } from "../libvirt/uri.ts";
import { consoleLogName, dataDiskSerial, domainLogFolder } from "../names.ts";

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
  const changes = [
    consoleLog && addition("/domain/devices/console", `<log file="${consoleLog}" append="on"/>`),
    // A pool without files, which is refused where it is configured, is left to the provider.
    ...disks.map((id, index) => id.startsWith("/") && namedByFile(diskAt(index), id)),
    dataDisk !== undefined && addition(diskAt(dataDisk), `<serial>${dataDiskSerial}</serial>`),
  ];
  return `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
  <xsl:template match="node()|@*">
    <xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy>
  </xsl:template>
${changes.filter(Boolean).join("")}</xsl:stylesheet>
`;
}

/** Where a disk is in a domain's XML; the provider counts targets from vda on. */
function diskAt(index: number): string {
  return `/domain/devices/disk[target/@dev='vd${String.fromCharCode("a".charCodeAt(0) + index)}']`;
}

function namedByFile(disk: string, path: string): string {
  // As an element: braces in an attribute would be an expression.
  const attribute = (name: string, value: string) => `<xsl:attribute name="${name}">${escaped(value)}</xsl:attribute>`;
  return `  <xsl:template match="${disk}/@type">${attribute("type", "file")}</xsl:template>
  <xsl:template match="${disk}/source"><source>${attribute("file", path)}</source></xsl:template>
`;
}

function addition(match: string, element: string): string {
  return `  <xsl:template match="${match}">
    <xsl:copy><xsl:apply-templates select="node()|@*"/>${element}</xsl:copy>
  </xsl:template>
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
