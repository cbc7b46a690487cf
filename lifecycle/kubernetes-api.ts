import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { list, mapOf, object, readYaml, text as anyText } from "../lib/outside.ts";

interface KubeconfigFile {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

const source = { name: "the administrator's kubeconfig", fix: "npm run up, which reads it again" };
const shape = object({
  clusters: list(object({ cluster: mapOf(anyText) })),
  users: list(object({ user: mapOf(anyText) })),
});

/**
 * Returns what the API server answers to a GET request, authenticated by the client certificate of the kubeconfig.
 * @param kubeconfig The administrator's. Secret.
 * @param path Path of the request, such as /api/v1/nodes.
 * @throws when the server does not answer within 20 s, or answers with another status than 200.
 */
export async function getFromCluster(kubeconfig: string, path: string): Promise<string> {
  const { clusters, users } = readYaml<KubeconfigFile>(kubeconfig, source, shape);
  const [cluster, user] = [clusters[0]?.cluster ?? {}, users[0]?.user ?? {}];
  const decoded = (text = "") => Buffer.from(text, "base64");
  const url = new URL(path, cluster.server);
  const isPlain = url.protocol === "http:";
  const options = {
    ca: decoded(cluster["certificate-authority-data"]),
    cert: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
    // An agent of its own ignores a proxy in the environment, because ssh reaches the nodes without one, too.
    agent: isPlain ? new HttpAgent() : new HttpsAgent(),
    // Under emulation the TLS handshake alone takes seconds.
    signal: AbortSignal.timeout(20_000),
  };
  return new Promise((resolve, reject) => {
    const request = isPlain ? requestHttp(url, options) : requestHttps(url, options);
    request.on("error", reject).on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("error", reject);
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    request.end();
  });
}
