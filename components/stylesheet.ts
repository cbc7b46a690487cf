/** Template that copies every node and attribute that no other template matches. */
const identity = `  <xsl:template match="node()|@*">
    <xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy>
  </xsl:template>
`;

/**
 * Returns a stylesheet for a libvirt definition that the provider (0.8.3) writes: a copy, except where a template matches.
 *
 * The text of each stylesheet is in the state, and the provider replaces a network or domain whose stylesheet changes. So the
 * text must stay the same to the byte.
 * @param templates Templates, each with its line break.
 */
export function stylesheet(...templates: readonly string[]): string {
  return `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
${identity}${templates.join("")}</xsl:stylesheet>
`;
}

/** Returns a template that adds elements at the end of an element. */
export function append(match: string, elements: string): string {
  return `  <xsl:template match="${match}">
    <xsl:copy><xsl:apply-templates select="node()|@*"/>${elements}</xsl:copy>
  </xsl:template>
`;
}

/** Returns a template that adds elements after an element. */
export function addAfter(match: string, elements: string): string {
  return `  <xsl:template match="${match}">
    <xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy>
    ${elements}
  </xsl:template>
`;
}

/** Returns a template that replaces the value of an attribute. @param value Text of an element, with its entities. */
export function setAttribute(element: string, name: string, value: string): string {
  return `  <xsl:template match="${element}/@${name}">${attribute(name, value)}</xsl:template>
`;
}

/** Returns an attribute as an element of a stylesheet, because braces in an attribute of a template are an expression. */
export function attribute(name: string, value: string): string {
  return `<xsl:attribute name="${name}">${value}</xsl:attribute>`;
}
