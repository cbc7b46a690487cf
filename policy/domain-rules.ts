import { resourceType } from "../names.ts";
import { uriProblem } from "../libvirt/uri.ts";
import type { Rule } from "./rule.ts";

/** Start of a domain's description: the cluster's mark and the signature of its machine (names.ts). */
const marks = /^nodeforge cluster \S+, [0-9a-f-]{36}, machine [0-9a-f]{12}$/;

/** Rules for the hypervisor and its domains. */
export const domainRules: readonly Rule[] = [
  {
    name: "hypervisor-connection",
    description: "The connection to the hypervisor is local, or by ssh or tls, and its URI starts no program.",
    types: [resourceType.libvirtProvider],
    problemOf: ({ props: { uri } }) => {
      if (typeof uri !== "string") return "the provider has no URI. Fix: set `libvirtUri`";
      const expected = uriProblem(uri);
      // The URI may have a password, so the text does not repeat it.
      return expected === undefined ? undefined : `expected ${expected}. Fix: change \`libvirtUri\``;
    },
  },
  {
    name: "domain-marks",
    description: "Each domain has the mark of its cluster and the signature of its machine in its description.",
    types: [resourceType.domain],
    problemOf: ({ props: { description } }) =>
      typeof description === "string" && marks.test(description)
        ? undefined
        : `the description is ${JSON.stringify(description ?? null)}, expected nodeforge's mark. ` +
          "Fix: create domains with components/virtual-machine.ts",
  },
  {
    name: "domain-graphics",
    description: "No domain listens for a graphical console.",
    types: [resourceType.domain],
    problemOf: ({ props }) => {
      const graphics = props.graphics as { readonly listenType?: unknown; readonly websocket?: unknown } | undefined;
      // The provider adds SPICE on an address where a domain has no graphics.
      if (graphics?.listenType === "none" && graphics.websocket === undefined) return undefined;
      const given =
        graphics === undefined ? "no graphics" : `listenType ${JSON.stringify(graphics.listenType ?? null)}`;
      return `the domain has ${given}, expected a listenType of "none". Fix: set graphics.listenType to "none"`;
    },
  },
];
