import * as libvirt from "@pulumi/libvirt";
import { Cluster } from "./components/cluster.ts";
import { loadConfig } from "./config/index.ts";
import { refuseConflicts } from "./hypervisor/refusal.ts";
import { readKnown } from "./known.ts";

const config = await loadConfig();
await refuseConflicts(config, await readKnown());
const hypervisor = new libvirt.Provider("hypervisor", { uri: config.libvirtUri });
const cluster = new Cluster(config.clusterName, { config }, { providers: [hypervisor] });

/** The administrator's kubeconfig. Secret: `pulumi stack output kubeconfig --show-secrets`. */
export const kubeconfig = cluster.kubeconfig;
/** Name, role and address of every node. */
export const nodes = cluster.nodes;
/** URL of the API server. */
export const apiEndpoint = cluster.apiEndpoint;
/** SHA-256 of the node image. */
export const imageHash = cluster.imageHash;
/** Version of Kubernetes that the image brought. */
export const kubernetesVersion = cluster.kubernetesVersion;
/** Seconds of each phase, by node. */
export const timings = cluster.timings;
