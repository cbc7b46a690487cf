import { beforeEach, expect, test } from "vitest";
import { domainXslt } from "../../components/domain-xml.ts";
import { Network } from "../../components/network.ts";
import { ofType, settled, startMocks } from "../support/mocks.ts";
import { configWith } from "../support/settings.ts";

beforeEach(() => startMocks());

const start = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
  <xsl:template match="node()|@*">
    <xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy>
  </xsl:template>
`;

test("the stylesheet of a domain is the same text as in the states of earlier releases", () => {
  expect(domainXslt({ consoleLog: "/log", disks: ["/root"], dataDisk: 0 })).toBe(`${start}\
  <xsl:template match="/domain/devices/console">
    <xsl:copy><xsl:apply-templates select="node()|@*"/><log file="/log" append="on"/></xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/devices/disk[target/@dev='vda']/@type"><xsl:attribute name="type">file</xsl:attribute></xsl:template>
  <xsl:template match="/domain/devices/disk[target/@dev='vda']/source"><source><xsl:attribute name="file">/root</xsl:attribute></source></xsl:template>
  <xsl:template match="/domain/devices/disk[target/@dev='vda']">
    <xsl:copy><xsl:apply-templates select="node()|@*"/><serial>nodeforge-data</serial></xsl:copy>
  </xsl:template>
</xsl:stylesheet>
`);
});

test("the stylesheet of a network is the same text as in the states of earlier releases", async () => {
  new Network("dev-network", { network: configWith().network, mark: "<mark/>" });
  await settled();
  const [network] = ofType("Network").filter(({ type }) => type.startsWith("libvirt:"));
  expect(network?.inputs.xml).toEqual({
    xslt: `${start}\
  <xsl:template match="/network/name">
    <xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy>
    <metadata><mark/></metadata>
  </xsl:template>
  <xsl:template match="/network/ip/dhcp/range/@start"><xsl:attribute name="start">192.168.222.100</xsl:attribute></xsl:template>
  <xsl:template match="/network/ip/dhcp/range/@end"><xsl:attribute name="end">192.168.222.254</xsl:attribute></xsl:template>
</xsl:stylesheet>
`,
  });
});
