import * as kubernetes from "@pulumi/kubernetes";
import type * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { host, parseSubnet } from "../lib/cidr.ts";
import type { ClusterNetworkConfig } from "../config/network.ts";
import type { Awaitable } from "./after.ts";
import { CoreDns } from "./core-dns.ts";
import { MetricsReader } from "./metrics-reader.ts";
import { SmokeCheck } from "./smoke-check.ts";

/** Arguments of {@link Addons}. */
export interface AddonsArgs {
  /** The administrator's kubeconfig. */
  readonly kubeconfig: pulumi.Input<string>;
  /** Steps that make the workers Ready. Pods are created after them, and all other objects beside them. */
  readonly podsAfter: readonly Awaitable[];
  /** Random id of the cluster. Every object is recreated when it changes. */
  readonly clusterId: pulumi.Input<string>;
  readonly network: ClusterNetworkConfig;
  /** Number of workers. */
  readonly workers: number;
  /** Whether to check that pods reach each other. */
  readonly smokeCheck: boolean;
  /** Whether Prometheus reads metrics of the control plane's components. */
  readonly metrics: boolean;
  /** Domain of the control plane. A run that deletes it need not delete the objects in the cluster. */
  readonly masterDomain: libvirt.Domain;
  /** Time in minutes in which each add-on must become ready. */
  readonly timeoutMinutes: number;
}

/** Offset of the name server in the service range; kubeadm gives this address to every kubelet. */
const dnsOffset = 10;

/**
 * Workloads that every cluster has.
 *
 * Creates:
 *
 * 1. the Kubernetes provider,
 * 2. CoreDNS,
 * 3. the account of Prometheus, if it reads metrics of the components,
 * 4. the smoke check, if it is enabled and there are workers.
 */
export class Addons extends pulumi.ComponentResource {
  constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Addons", name, { workers: args.workers, smokeCheck: args.smokeCheck }, opts);
    const { network, workers, masterDomain, podsAfter } = args;
    const timeoutSeconds = args.timeoutMinutes * 60;
    const provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: args.kubeconfig,
        // Fixed, because a new control plane would otherwise replace the provider. The engine closes a replaced provider
        // before it has deleted the provider's resources (pulumi/pulumi#14650).
        clusterIdentifier: name,
        // By default the provider replaces a changed ConfigMap, and with it every pod that mounts it.
        enableConfigMapMutable: true,
      },
      { parent: this },
    );
    const options = {
      parent: this,
      provider,
      transformations: [
        ({ props, opts }: pulumi.ResourceTransformationArgs) => ({
          props,
          opts: {
            ...opts,
            // Objects end with their cluster, and a dead control plane cannot delete them.
            deletedWith: masterDomain,
            // A new cluster has none of the objects. A deletion after the creation would hit the new ones of the same names.
            replacementTrigger: args.clusterId,
            deleteBeforeReplace: true,
          },
        }),
      ],
    };

    const subnet = parseSubnet(network.serviceCidr);
    if (subnet === undefined) throw new Error(`serviceCidr is ${network.serviceCidr}, expected a subnet`);
    new CoreDns(
      `${name}-coredns`,
      {
        clusterDomain: network.domain,
        address: host(subnet, dnsOffset),
        // Two, so that names resolve while a node is unavailable.
        replicas: workers > 1 ? 2 : 1,
        timeoutSeconds,
        podsAfter,
      },
      options,
    );
    if (args.metrics) new MetricsReader(`${name}-metrics`, options);
    if (args.smokeCheck && workers > 0) {
      new SmokeCheck(
        `${name}-smoke`,
        { clusterDomain: network.domain, workers, timeoutSeconds, podsAfter },
        // Beside CoreDNS: its pods resolve names, and try again until CoreDNS answers.
        options,
      );
    }
    this.registerOutputs({});
  }
}
