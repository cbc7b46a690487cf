import { metricsPorts, type MeasuredComponent } from "../config/component-metrics.ts";
import { componentUnits, type Component, type ComponentArguments } from "../config/components.ts";
import { sha256, shortDigest } from "../lib/digest.ts";
import { hardeningArguments, hardeningFiles } from "./hardening.ts";

const componentNames = Object.keys(componentUnits) as Component[];

/** Settings from which {@link argumentLines} makes the arguments of the units. */
export interface ComponentSettings {
  readonly controlPlaneArguments: ComponentArguments;
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Audit policy of the API server as JSON. */
  readonly auditPolicy: string | undefined;
  /** Components whose metrics other machines can read. */
  readonly componentMetrics: readonly MeasuredComponent[];
}

/** Serving certificate of the API server, which names the node's address. kubeadm renews it, and the components read it again. */
const serving = [
  "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt",
  "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
];

/**
 * Arguments with which other machines can read the metrics of a component. It still answers on loopback, where health checks and
 * the benchmark ask it. systemd replaces the address, as in the arguments of the image.
 *
 * etcd has the certificates of its clients' port on this one (createMetricsListener in embed/etcd.go of etcd 3.6), and no data
 * on it. The other two ask the API server about a reader's token.
 */
const metricsArguments: Readonly<Record<MeasuredComponent, readonly string[]>> = {
  etcd: [`--listen-metrics-urls=http://127.0.0.1:${metricsPorts.etcd},https://\${NODE_ADDRESS}:${metricsPorts.etcd}`],
  controllerManager: ["--bind-address=0.0.0.0", ...serving],
  scheduler: ["--bind-address=0.0.0.0", ...serving],
};

/** Path of a policy on the control plane. Another policy is another file, so a unit's former arguments name its former policy. */
export function auditFile(policy: string): string {
  return `/etc/kubernetes/nodeforge-audit-${shortDigest(sha256(policy))}.json`;
}

/**
 * Arguments of the API server for a policy. At most 300 MiB of the root disk are used: the file of the log and five former ones,
 * 50 MiB each. The API server makes the folder, which only root can read.
 */
function auditArguments(policy: string): readonly string[] {
  return [
    `--audit-policy-file=${auditFile(policy)}`,
    "--audit-log-path=/var/log/kubernetes/audit.log",
    "--audit-log-maxage=30",
    "--audit-log-maxbackup=5",
    "--audit-log-maxsize=50",
  ];
}

/**
 * Returns the further arguments of the control plane's units, as init-control-plane.sh reads them: the unit, a blank and one
 * quoted argument on each line. The order of the keys in the stack's configuration does not matter.
 */
export function argumentLines(settings: ComponentSettings): string {
  const { controlPlaneArguments, featureGates, auditPolicy, componentMetrics } = settings;
  const gates = Object.entries(featureGates).map(([gate, isOn]) => `${gate}=${isOn}`);
  const hardening = hardeningArguments(controlPlaneArguments);
  const lines = componentNames.flatMap((component) => {
    const all = { ...hardening[component], ...controlPlaneArguments[component] };
    const flags = Object.entries(all).map(([flag, value]) => `--${flag}=${value}`);
    if (gates.length > 0 && component !== "etcd") flags.push(`--feature-gates=${gates.sort().join(",")}`);
    if (auditPolicy !== undefined && component === "apiServer") flags.push(...auditArguments(auditPolicy));
    const measured = componentMetrics.find((name) => name === component);
    const own = measured === undefined ? [] : metricsArguments[measured].map((argument) => `"${argument}"`);
    return [...flags.map(quotedForSystemd), ...own]
      .sort()
      .map((argument) => `${componentUnits[component]} ${argument}`);
  });
  return lines.join("\n");
}

/** Returns the parameters of init-control-plane.sh beside the arguments. */
export function settingsParameters(settings: ComponentSettings): Record<string, string> {
  const { auditPolicy, componentMetrics, controlPlaneArguments } = settings;
  const units = componentNames.filter((component) => !hasOwnArguments(component, settings));
  return {
    FILES: hardeningFiles(controlPlaneArguments),
    PROVEN: units.map((component) => componentUnits[component]).join(" "),
    ...(auditPolicy === undefined ? {} : { AUDIT_POLICY: auditPolicy, AUDIT_FILE: auditFile(auditPolicy) }),
    ...(componentMetrics.length === 0 ? {} : { METRICS: componentMetrics.map((name) => metricsPorts[name]).join(",") }),
  };
}

/** Whether a component has an argument that the stack's settings caused. */
function hasOwnArguments(component: Component, settings: ComponentSettings): boolean {
  const { controlPlaneArguments, featureGates, auditPolicy, componentMetrics } = settings;
  return (
    Object.keys(controlPlaneArguments[component]).length > 0 ||
    (component !== "etcd" && Object.keys(featureGates).length > 0) ||
    (component === "apiServer" && auditPolicy !== undefined) ||
    componentMetrics.some((name) => name === component)
  );
}

/** Quotes one argument for ExecStart, in which systemd replaces %, $ and backslashes (systemd.service(5), "Command lines"). */
function quotedForSystemd(argument: string): string {
  const escaped = argument.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$");
  return `"${escaped}"`;
}
