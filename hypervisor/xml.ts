import { DOMParser, type Element } from "@xmldom/xmldom";

/**
 * Root element of a definition that virsh prints.
 * @throws when the text is not XML.
 */
export function parseDefinition(text: string): Element {
  const problem = (level: string, message: string): never => {
    throw new Error(`libvirt printed a definition that is not XML (${level}: ${message})`);
  };
  const root = new DOMParser({ onError: problem }).parseFromString(text, "text/xml").documentElement;
  if (root === null) throw new Error("libvirt printed an empty definition");
  return root;
}

/** Elements below another one, at any depth, in the order of the text. */
export function elementsOf(parent: Element, name: string): readonly Element[] {
  return [...parent.getElementsByTagName(name)];
}

/** An attribute's text; undefined where the element does not have it. */
export function attributeOf(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) ?? undefined;
}
