import * as kubernetes from "@pulumi/kubernetes";
import type * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { host, parseSubnet } from "../lib/cidr.ts";
import type { ClusterNetworkConfig } from "../config/network.ts";
import { CoreDns } from "./core-dns.ts";
import { SmokeCheck } from "./smoke-check.ts";

/** What {@link Addons} are made from. */
export interface AddonsArgs {
  /** The administrator's kubeconfig. */
  readonly kubeconfig: pulumi.Input<string>;
  /** What is new when the cluster is another one; everything in it is then made anew. */
  readonly clusterId: pulumi.Input<string>;
  readonly network: ClusterNetworkConfig;
  /** Number of workers. */
  readonly workers: number;
  /** Whether to prove that pods reach each other. */
  readonly smokeCheck: boolean;
  /** The control plane's domain: what is in the cluster needs not be deleted in a run that ends without it. */
  readonly masterDomain: libvirt.Domain;
  /** Limit in minutes for each add-on to be ready. */
  readonly timeoutMinutes: number;
}

/** Offset of the name server in the service range; kubeadm tells it to every kubelet. */
const dnsOffset = 10;

/**
 * What runs in the cluster from the start.
 *
 * Creates: 1. the connection to the cluster; 2. CoreDNS; 3. the smoke check, where it is wanted and there are workers.
 */
export class Addons extends pulumi.ComponentResource {
  constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Addons", name, { workers: args.workers, smokeCheck: args.smokeCheck }, opts);
    const { network, workers, masterDomain } = args;
    const timeoutSeconds = args.timeoutMinutes * 60;
    const provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: args.kubeconfig,
        // Fixed: a new control plane would otherwise replace the provider, and the engine closes a provider that goes with
        // its cluster before it has taken back what is in it (pulumi/pulumi#14650).
        clusterIdentifier: name,
        // Changed in place: the provider's default replaces a config map, and with it every pod that has it mounted.
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
            // Nothing has to be deleted one by one from a cluster that is gone, nor could it be where the control plane is
            // dead.
            deletedWith: masterDomain,
            // A new cluster has none of it; what was before must not be deleted after, under the same name.
            replacementTrigger: args.clusterId,
            deleteBeforeReplace: true,
          },
        }),
      ],
    };

    const subnet = parseSubnet(network.serviceCidr);
    if (subnet === undefined) throw new Error(`${network.serviceCidr} was checked to be a subnet`);
    const dns = new CoreDns(
      `${name}-coredns`,
      // Two, so that names resolve while a node is away.
      {
        clusterDomain: network.domain,
        address: host(subnet, dnsOffset),
        replicas: workers > 1 ? 2 : 1,
        timeoutSeconds,
      },
      options,
    );
    if (args.smokeCheck && workers > 0) {
      new SmokeCheck(
        `${name}-smoke`,
        { clusterDomain: network.domain, workers, timeoutSeconds },
        // It resolves names.
        { ...options, dependsOn: [dns] },
      );
    }
    this.registerOutputs({});
  }
}
