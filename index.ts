import * as libvirt from "@pulumi/libvirt";
import { runtime } from "@pulumi/pulumi";
import { Cluster } from "./components/cluster.ts";
import { loadConfig } from "./config/index.ts";
import { endWithoutReader } from "./lib/broken-output.ts";
import { limitStackTraces } from "./lib/stack-traces.ts";
import { announceRenewal } from "./lifecycle/certificates.ts";
import { announceGrowth } from "./lifecycle/data-disk.ts";
import { checkHealth } from "./lifecycle/health.ts";
import { hasSameInputs } from "./lifecycle/prior-cluster.ts";
import { readPriorState } from "./lifecycle/prior-state.ts";
import { waitForGate } from "./lifecycle/update-gate.ts";
import { preflight } from "./preflight/check.ts";
import { withVerifiedImages } from "./preflight/images.ts";
import { deriveTopology } from "./topology.ts";

endWithoutReader();
limitStackTraces();
if (!runtime.isDryRun()) await waitForGate();
const prior = await readPriorState();
const config = await withVerifiedImages(await loadConfig((desired) => hasSameInputs(prior, desired)));
const topology = deriveTopology(config);
const { dataLost } = await preflight(config, topology, prior);
await announceRenewal(prior, topology.master);
if (!dataLost) await announceGrowth(prior, config);
const health = await checkHealth(prior, topology, config.timeouts);
const hypervisor = new libvirt.Provider("hypervisor", { uri: config.libvirtUri });
const cluster = new Cluster(
  config.clusterName,
  { config, topology, prior, health, dataLost },
  { providers: [hypervisor] },
);

/** The administrator's kubeconfig. Secret: `pulumi stack output kubeconfig --show-secrets`. */
export const kubeconfig = cluster.kubeconfig;
/** Name, role, address and image of every node, and the pool of a worker. */
export const nodes = cluster.nodes;
/** URL of the API server. */
export const apiEndpoint = cluster.apiEndpoint;
/** Date and time at which the cluster's certificates end. The control plane and each `up` renew them long before. */
export const certificatesEnd = cluster.certificatesEnd;
/** SHA-256 of the stack's image: the image of the control plane, and of every pool without an image of its own. */
export const imageHash = cluster.imageHash;
/** Version of Kubernetes in the stack's image. */
export const kubernetesVersion = cluster.kubernetesVersion;
/** Duration of each phase in seconds, by node. */
export const timings = cluster.timings;
/** Number of simulated nodes by pool. */
export const simulatedNodes = cluster.simulatedNodes;
