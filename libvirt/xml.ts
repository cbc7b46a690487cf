// Users write definitions too, with attributes in any order, comments and namespaces. This parser has no dependencies, and
// fetches nothing that a document names.
import { DOMParser, XMLSerializer, type Element } from "@xmldom/xmldom";

/** Returns the root element of a definition. @throws when it is no XML. */
export function rootOf(xml: string): Element {
  // The parser throws fatal errors, so it need not print them too.
  const parser = new DOMParser({ onError: () => undefined });
  let root: Element | null;
  try {
    root = parser.parseFromString(xml, "text/xml").documentElement;
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n");
    throw new Error(`libvirt's definition is no XML: ${reason}. Fix: run the command again`, { cause: error });
  }
  if (root === null) throw new Error("libvirt's definition is empty, expected XML. Fix: run the command again");
  return root;
}

/** Returns the child elements with a name, in document order. */
export function childrenOf(parent: Element, tag: string): readonly Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === 1 && node.nodeName === tag);
}

/** Returns the text in an element; undefined when it is empty or there is no element. */
export function textOf(element: Element | undefined): string | undefined {
  return element?.textContent || undefined;
}

/** Returns an attribute; undefined when it is empty, missing, or there is no element. */
export function attribute(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) || undefined;
}

/** Returns the XML of an element. */
export function xmlOf(element: Element): string {
  return new XMLSerializer().serializeToString(element);
}
