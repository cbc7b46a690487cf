import type { Identity, Server } from "../../lib/api-server.ts";
import { list, mapOf, object, readYaml, text } from "../../lib/outside.ts";

const source = { name: "the administrator's kubeconfig", fix: "npm run up, which reads it again" };
const shape = object({
  clusters: list(object({ cluster: mapOf(text) })),
  users: list(object({ user: mapOf(text) })),
});

/**
 * Returns the address of the API server, and the administrator's certificate, from a kubeconfig as kubeadm writes it.
 * @throws for another text. The error does not quote it.
 */
export function administratorOf(kubeconfig: string): { readonly server: Server; readonly administrator: Identity } {
  interface Kubeconfig {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
  }
  const { clusters, users } = readYaml<Kubeconfig>(kubeconfig, source, shape);
  const decoded = (value: string | undefined) => Buffer.from(value ?? "", "base64").toString();
  const cluster = clusters[0]?.cluster ?? {};
  const user = users[0]?.user ?? {};
  return {
    server: { endpoint: cluster.server ?? "", ca: decoded(cluster["certificate-authority-data"]) },
    administrator: { cert: decoded(user["client-certificate-data"]), key: decoded(user["client-key-data"]) },
  };
}
