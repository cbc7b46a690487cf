import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { Cluster } from "./components/cluster.ts";
import { loadConfig } from "./config/index.ts";
import { checkHealth } from "./lifecycle/health.ts";
import { daysLeft, isDue, priorValidity } from "./lifecycle/certificates.ts";
import { withVerifiedImages } from "./preflight/images.ts";
import { isDataLost } from "./preflight/lost-data.ts";
import { refuseConflicts } from "./preflight/refusal.ts";
import { hasSameInputs } from "./lifecycle/prior-cluster.ts";
import { readPriorState } from "./lifecycle/prior-state.ts";

const prior = await readPriorState();
const config = await withVerifiedImages(await loadConfig((desired) => hasSameInputs(prior, desired)));
const dataLost = await isDataLost(config, prior);
await refuseConflicts(config, prior);
const validity = priorValidity(prior, config.clusterName, config.master.name);
if (validity !== undefined && isDue(validity)) {
  const days = daysLeft(validity);
  const end = days < 0 ? "have ended" : `end in ${days} days`;
  await pulumi.log.info(`the cluster's certificates ${end}: they are renewed, and the kubeconfig with them`);
}
const health = await checkHealth(prior, config);
const hypervisor = new libvirt.Provider("hypervisor", { uri: config.libvirtUri });
const cluster = new Cluster(config.clusterName, { config, prior, health, dataLost }, { providers: [hypervisor] });

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
