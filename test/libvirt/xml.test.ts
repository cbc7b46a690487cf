import { expect, test } from "vitest";
import { attribute, childrenOf, rootOf, textOf } from "../../libvirt/xml.ts";

const network = rootOf(
  [
    "<?xml version='1.0'?>",
    "<!-- <name>a comment</name> -->",
    "<network a='1' empty=''>",
    "  <name>lab</name>",
    "  <ip address='10.0.0.1'><dhcp><range start='10.0.0.2'/></dhcp></ip>",
    "  <!-- <ip address='10.9.9.9'/> -->",
    '  <ip family="ipv6" address="fd00::1"/>',
    "  <n:ip xmlns:n='urn:another'/>",
    "  <bridge/>",
    "</network>",
  ].join("\n"),
);

test("the root element of a definition is found behind a declaration and a comment", () => {
  expect(network.nodeName).toBe("network");
});

test.each(["", "   ", "error: failed to get domain", "<network><name>lab</network>", "<network/><network/>"])(
  "%j is no definition",
  (text) => {
    expect(() => rootOf(text)).toThrow(Error);
  },
);

test("the children of a name are in their order, without comments, deeper elements and other namespaces", () => {
  expect(childrenOf(network, "ip").map((ip) => attribute(ip, "address"))).toEqual(["10.0.0.1", "fd00::1"]);
  expect(childrenOf(network, "range")).toEqual([]);
});

test("the text of an element is undefined when there is none", () => {
  expect(textOf(childrenOf(network, "name")[0])).toBe("lab");
  expect([textOf(childrenOf(network, "bridge")[0]), textOf(undefined)]).toEqual([undefined, undefined]);
});

test("an attribute is undefined when it is empty or missing", () => {
  expect(attribute(network, "a")).toBe("1");
  const none = [attribute(network, "empty"), attribute(network, "b"), attribute(undefined, "a")];
  expect(none).toEqual([undefined, undefined, undefined]);
});

test("a document cannot name a file for its content", () => {
  const text = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]><d>&e;</d>';
  expect(textOf(rootOf(text))).toBe("&e;");
});
