import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type Server, type StoredObject } from "../../lib/api-server.ts";

/** A worker that is going to join. */
export interface Joiner {
  readonly name: string;
  /** Bootstrap token. */
  readonly token: string;
  /** PEM of its private key, and of its certificate request. */
  readonly key: string;
  readonly request: string;
}

/** A cluster, and the pace of its nodes. */
export interface Conditions extends Server {
  /** Seconds between the certificate and the registration: the start of a kubelet, in which it asks for nothing. */
  readonly startSeconds: number;
}

/** Fields of a certificate request and of a Node that a joining node reads. */
interface CertificateRequest extends StoredObject {
  readonly status?: { readonly certificate?: string };
}
interface NodeObject extends StoredObject {
  readonly spec?: { readonly podCIDR?: string };
}

/** Signer of a kubelet's certificate, which guest/approve-joins.sh approves. */
const signerName = "kubernetes.io/kube-apiserver-client-kubelet";

/** Path of the signed cluster information, which only anonymous clients may read. */
const clusterInfo = "/api/v1/namespaces/kube-public/configmaps/cluster-info";

/** Configuration that `kubeadm join` reads with the token. */
const configurations = ["kubeadm-config", "kubelet-config"].map(
  (name) => `/api/v1/namespaces/kube-system/configmaps/${name}`,
);

/**
 * Watches of a node's programs. The last one belongs to flanneld: it receives each change of each node.
 */
const watches = (name: string) => [
  `/api/v1/nodes?watch=true&fieldSelector=metadata.name%3D${name}`,
  `/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3D${name}`,
  "/api/v1/services?watch=true",
  "/apis/discovery.k8s.io/v1/endpointslices?watch=true",
  "/apis/node.k8s.io/v1/runtimeclasses?watch=true",
  "/apis/storage.k8s.io/v1/csidrivers?watch=true",
  "/api/v1/nodes?watch=true",
];

/**
 * Joins a cluster with the requests of kubeadm, the kubelet, kube-proxy and flanneld: discovery, certificate, registration, Ready.
 * @returns the connection of the node's programs. Its watches stay open until it is disposed of.
 * @throws when the API server refuses a request for good.
 */
export async function joinCluster(joiner: Joiner, conditions: Conditions): Promise<Connection> {
  const { name, key } = joiner;
  await discover(conditions);
  const cert = await certify(joiner, conditions);
  await sleep(conditions.startSeconds * 1000);
  const connection = new Connection(conditions, { cert, key });
  try {
    await register(connection, name);
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

/** Reads the signed cluster information without an identity, as kubeadm does to find the certificate authority. */
async function discover(server: Server): Promise<void> {
  using connection = new Connection(server);
  await connection.send("GET", clusterInfo);
}

/** Requests a client certificate with the token, and waits for it. */
async function certify({ name, token, request }: Joiner, server: Server): Promise<string> {
  using connection = new Connection(server, { token });
  for (const path of configurations) await connection.send("GET", path);
  // kubeadm refuses the name of a node that is Ready.
  await connection.exists(`/api/v1/nodes/${name}`);
  const requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const made = await connection.send("POST", requests, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName: "csr-" },
    spec: { signerName, usages: ["digital signature", "client auth"], request: encoded(request) },
  });
  const own = `${requests}?watch=true&fieldSelector=metadata.name%3D${made.metadata.name}`;
  const certificate = await connection.waitFor(own, ({ status }: CertificateRequest) => status?.certificate);
  return Buffer.from(certificate, "base64").toString();
}

/** Registers the node, opens the watches of its programs, reports Ready, and waits for its range of the pod network. */
async function register(connection: Connection, name: string): Promise<void> {
  const metadata = { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" } };
  const now = new Date().toISOString();
  await connection.send("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata, spec: {} });
  for (const path of watches(name)) connection.keepWatching(path);
  await connection.send("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: now.replace("Z", "000Z") },
  });
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const resources = { cpu: "2", memory: "2Gi", pods: "110" };
  await connection.send(
    "PATCH",
    `/api/v1/nodes/${name}/status`,
    { status: { conditions: [ready], capacity: resources, allocatable: resources } },
    "application/strategic-merge-patch+json",
  );
  const own = `/api/v1/nodes?watch=true&fieldSelector=metadata.name%3D${name}`;
  await connection.waitFor(own, ({ spec }: NodeObject) => spec?.podCIDR);
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}
