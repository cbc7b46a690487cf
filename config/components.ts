import { readDeclaration } from "../image/declaration.ts";
import { auditKey } from "./audit-policy.ts";
import type { Problems } from "./problems.ts";
import type { PoolKeySchema } from "./schema.ts";
import { Values } from "./values.ts";

/** Component of the control plane, as the key `controlPlaneArguments` names it. */
export type Component = keyof typeof componentUnits;

/** Arguments of each component: flag without dashes, and value. */
export type ComponentArguments = Readonly<Record<Component, Readonly<Record<string, string>>>>;

/** systemd unit of each component (nix/node.toml), in the order in which they start. */
export const componentUnits = {
  etcd: "etcd",
  apiServer: "kube-apiserver",
  controllerManager: "kube-controller-manager",
  scheduler: "kube-scheduler",
} as const;

const argumentsKey = "controlPlaneArguments";
const gatesKey = "featureGates";

/** Flags that the stack cannot set, with the reason. The first pattern that matches gives the reason. */
const refused: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(help|version)$/, "the component would print it and end"],
  [/^config(-file)?$/, "the component would then ignore arguments that nodeforge sets"],
  [/kubeconfig$|^master$/, "nodeforge writes the kubeconfigs"],
  [
    /(^|-)(ca|cert|certificate|crl|key|auto-tls)(-|$)|^(requestheader|proxy-client)-|^etcd-(ca|cert|key)file$/,
    "nodeforge makes and renews the certificates and keys",
  ],
  [/^(authorization|authentication)-|^(anonymous|token)-auth|-token-auth$/, "joins and health checks depend on it"],
  [/^enable-admission-plugins$/, "a kubelet could change other nodes without NodeRestriction"],
  [/^(data|wal)-dir$|^etcd-prefix$|^force-new-cluster$|^storage-backend$/, "the cluster's data would be lost"],
  [
    /(^|-)(bind|advertise)(-|$)|(^|-)listen-|^(insecure|secure)-port$|^initial-|^discovery|^name$|^etcd-servers/,
    "the other components reach the component by it",
  ],
  [
    /cidr|^service-cluster-ip-range$|^service-account-issuer$|^cluster-name$/,
    "the stack's keys of the cluster and its networks decide it",
  ],
  [/^controllers$/, "no worker joins without bootstrapsigner and tokencleaner"],
  [/^(leader-elect|allow-privileged)$/, "nodeforge has one control plane, whose pods it chooses"],
];

/**
 * Reads and checks the further arguments of the control plane's components. Adds what is wrong to `problems`.
 *
 * Numbers and booleans become text, because `pulumi config set --path` makes numbers of digits.
 */
export function readControlPlaneArguments(values: Values, problems: Problems): ComponentArguments {
  const names = Object.keys(componentUnits) as Component[];
  const blank = { type: "object", description: "", default: {} } as const;
  const schema = new Map<string, PoolKeySchema>(names.map((name) => [name, blank]));
  const components = new Values(schema, values.object(argumentsKey), problems, `${argumentsKey}.`);
  const { unit } = readDeclaration();
  const hasAuditPolicy = values.string(auditKey) !== "";
  const read = (component: Component) => {
    const { exec = [] } = unit.find(({ name }) => name === componentUnits[component]) ?? {};
    const own = new Set(exec.map((argument) => argument.replace(/^--|=.*$/g, "")));
    const flags = Object.entries(components.object(component)).flatMap(([flag, given]): [string, string][] => {
      const key = `${argumentsKey}.${component}.${flag}`;
      if (!/^[a-z][a-z0-9-]*$/.test(flag)) {
        problems.add(key, "a flag of lower-case letters, digits and hyphens, without leading hyphens", flag);
        return [];
      }
      const reason = reasonAgainst(flag, component, own, hasAuditPolicy);
      if (reason !== undefined) {
        problems.add(key, `no value, because ${reason}`, given);
        return [];
      }
      const value = textOf(given);
      if (value === undefined) problems.add(key, "a string of one line without control characters", given);
      return value === undefined ? [] : [[flag, value]];
    });
    return Object.fromEntries(flags);
  };
  return {
    etcd: read("etcd"),
    apiServer: read("apiServer"),
    controllerManager: read("controllerManager"),
    scheduler: read("scheduler"),
  };
}

/** Reads and checks the feature gates. Adds what is wrong to `problems`. */
export function readFeatureGates(values: Values, problems: Problems): Readonly<Record<string, boolean>> {
  const gates = Object.entries(values.object(gatesKey)).flatMap(([gate, given]): [string, boolean][] => {
    const key = `${gatesKey}.${gate}`;
    if (!/^[A-Z][A-Za-z0-9]*$/.test(gate)) {
      problems.add(key, "the name of a feature gate, letters and digits that start with a capital letter", gate);
      return [];
    }
    // `pulumi config set --path` makes booleans of these words, and a stack's file may have them as text.
    const text = String(given);
    if (text !== "true" && text !== "false") {
      problems.add(key, "true or false", given);
      return [];
    }
    return [[gate, text === "true"]];
  });
  return Object.fromEntries(gates);
}

/** Returns the reason to refuse a flag; undefined for a flag that the stack may set. */
function reasonAgainst(
  flag: string,
  component: Component,
  own: ReadonlySet<string>,
  hasAuditPolicy: boolean,
): string | undefined {
  if (flag.startsWith("audit-") && component === "apiServer" && hasAuditPolicy)
    return `the key ${auditKey} sets the audit log`;
  if (flag === "feature-gates" && component !== "etcd") return `the key ${gatesKey} sets it`;
  const [, reason] = refused.find(([pattern]) => pattern.test(flag)) ?? [];
  return reason ?? (own.has(flag) ? "nodeforge sets it (nix/node.toml)" : undefined);
}

function textOf(given: unknown): string | undefined {
  if (!["string", "number", "boolean"].includes(typeof given)) return undefined;
  const text = String(given);
  // eslint-disable-next-line no-control-regex -- control characters are rejected
  return /[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(text) ? undefined : text;
}
