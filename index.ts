import * as libvirt from "@pulumi/libvirt";
import { Cluster } from "./components/cluster.ts";
import { loadConfig } from "./config/index.ts";
import { announceRenewal } from "./lifecycle/certificates.ts";
import { checkHealth } from "./lifecycle/health.ts";
import { hasSameInputs } from "./lifecycle/prior-cluster.ts";
import { readPriorState } from "./lifecycle/prior-state.ts";
import { preflight } from "./preflight/check.ts";
import { withVerifiedImages } from "./preflight/images.ts";
import { deriveTopology } from "./topology.ts";

const prior = await readPriorState();
const config = await withVerifiedImages(await loadConfig((desired) => hasSameInputs(prior, desired)));
const topology = deriveTopology(config);
const { dataLost } = await preflight(config, topology, prior);
await announceRenewal(prior, topology.master);
const health = await checkHealth(prior, topology, config.timeouts);
const hypervisor = new libvirt.Provider("hypervisor", { uri: config.libvirtUri });
const cluster = new Cluster(
  config.clusterName,
  { config, topology, prior, health, dataLost },
  { providers: [hypervisor] },
);

/** The administrator's kubeconfig. Secret: `pulumi stack output kubeconfig --show-secrets`. */
export const kubeconfig = cluster.kubeconfig;
/** Name, role, address, image and, of a worker, pool of every node. */
export const nodes = cluster.nodes;
/** URL of the API server. */
export const apiEndpoint = cluster.apiEndpoint;
/** When the cluster's certificates end. They are renewed long before, by the control plane itself and by each `up`. */
export const certificatesEnd = cluster.certificatesEnd;
/** SHA-256 of the control plane's image, and of every pool that names none. */
export const imageHash = cluster.imageHash;
/** Version of Kubernetes that the image brought. */
export const kubernetesVersion = cluster.kubernetesVersion;
/** Seconds of each phase, by node. */
export const timings = cluster.timings;
