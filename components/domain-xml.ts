/** What a domain's XML gets beside what the provider writes. */
export interface DomainXml {
  /** File on the hypervisor that keeps what the serial port says; undefined where libvirt may not write one. */
  readonly consoleLog: string | undefined;
  /** Target of the disk that carries the control plane's data, such as vdc; undefined for a machine without one. */
  readonly dataDisk: string | undefined;
}

/** Serial number by which a node finds its data disk (nix/files/machine.sh). */
const dataDiskSerial = "nodeforge-data";

/**
 * The stylesheet that adds to a domain what the provider (0.8.3) has no property for: the serial number of a disk, and the
 * log of the serial console, the only witness of a machine that never reached its network.
 */
export function domainXslt({ consoleLog, dataDisk }: DomainXml): string {
  const additions = [
    consoleLog && addition("/domain/devices/console", `<log file="${consoleLog}" append="on"/>`),
    dataDisk && addition(`/domain/devices/disk[target/@dev='${dataDisk}']`, `<serial>${dataDiskSerial}</serial>`),
  ];
  return `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
  <xsl:template match="node()|@*">
    <xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy>
  </xsl:template>
${additions.filter(Boolean).join("")}</xsl:stylesheet>
`;
}

function addition(match: string, element: string): string {
  return `  <xsl:template match="${match}">
    <xsl:copy><xsl:apply-templates select="node()|@*"/>${element}</xsl:copy>
  </xsl:template>
`;
}

/** Where libvirt keeps what a domain's serial port says, beside its own log of the domain. */
export function consoleLogPath(libvirtUri: string, domainName: string): string | undefined {
  // A session's libvirt is an ordinary user's, who may not write there.
  return /\/system(\?|$)/.test(libvirtUri) ? `/var/log/libvirt/qemu/${domainName}-console.log` : undefined;
}
