import { parse } from "yaml";
import type { Identity, Server } from "../../lib/api-server.ts";

/** Returns the address of the API server, and the administrator's certificate, from a kubeconfig as kubeadm writes it. */
export function administratorOf(kubeconfig: string): { readonly server: Server; readonly administrator: Identity } {
  interface Kubeconfig {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
  }
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const decoded = (value: string | undefined) => Buffer.from(value ?? "", "base64").toString();
  const cluster = clusters[0]?.cluster ?? {};
  const user = users[0]?.user ?? {};
  return {
    server: { endpoint: cluster.server ?? "", ca: decoded(cluster["certificate-authority-data"]) },
    administrator: { cert: decoded(user["client-certificate-data"]), key: decoded(user["client-key-data"]) },
  };
}
