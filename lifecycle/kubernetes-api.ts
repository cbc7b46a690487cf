import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { parse } from "yaml";

interface KubeconfigFile {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/**
 * Asks the API server, with the client certificate of the kubeconfig.
 * @param kubeconfig The administrator's. Secret.
 * @throws when it does not answer within 20 s, or with anything but 200.
 */
export async function getFromCluster(kubeconfig: string, path: string): Promise<string> {
  // A pretty error would quote the text, and with it the key.
  const { clusters, users } = parse(kubeconfig, { prettyErrors: false }) as KubeconfigFile;
  const [cluster, user] = [clusters[0]?.cluster ?? {}, users[0]?.user ?? {}];
  const decoded = (text = "") => Buffer.from(text, "base64");
  const url = new URL(path, cluster.server);
  const isPlain = url.protocol === "http:";
  const options = {
    ca: decoded(cluster["certificate-authority-data"]),
    cert: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
    // One without a proxy, also where the environment names one: nodes are reached as ssh reaches them.
    agent: isPlain ? new HttpAgent() : new HttpsAgent(),
    // An emulated API server takes seconds for the handshake alone.
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
