import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { healthy, checkHealth, checkNodes, type NodeCheck } from "../../lifecycle/health.ts";
import { getFromCluster } from "../../lifecycle/kubernetes-api.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { deriveTopology } from "../../topology.ts";
import { Sightings } from "../../lifecycle/sightings.ts";
import { test } from "../support/folder.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { configWith } from "../support/settings.ts";

const key = Buffer.from("-----BEGIN PRIVATE KEY-----\nTOPSECRET\n-----END PRIVATE KEY-----\n").toString("base64");

/** Listens on a free port of this machine until the process of the tests ends. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return (server.address() as AddressInfo).port;
}

/** Returns a closed port. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function kubeconfigFor(url: string): string {
  return JSON.stringify({ clusters: [{ cluster: { server: url } }], users: [{ user: { "client-key-data": key } }] });
}

/** Starts an API server that answers every request with `answer`. Returns its kubeconfig. */
async function apiServer(answer: RequestListener): Promise<string> {
  return kubeconfigFor(`http://127.0.0.1:${await listen(createHttpServer(answer))}`);
}

/** Returns a list of Nodes as JSON. @param nodes Status of the condition Ready by name; undefined for no conditions. */
function nodeList(nodes: Readonly<Record<string, string | undefined>>): string {
  const items = Object.entries(nodes).map(([name, status]) => ({
    metadata: { name },
    status:
      status === undefined
        ? {}
        : {
            conditions: [
              { type: "MemoryPressure", status: "True" },
              { type: "Ready", status },
            ],
          },
  }));
  return JSON.stringify({ items });
}

const serving = (nodes: Parameters<typeof nodeList>[0]) =>
  apiServer((request, response) => {
    response
      .writeHead(request.url === "/api/v1/nodes?labelSelector=!nodeforge.local%2Fsimulated" ? 200 : 404)
      .end(nodeList(nodes));
  });

const workers = ["a", "b"].map((name) => ({ name, address: "127.0.0.1" }));
const degraded = (...lost: string[]) => ({ lost: new Set(lost), degraded: true, silent: false });
const silent = { ...degraded(), silent: true };

/** Checks a cluster of master, a and b. @param options.ssh Whether sshd of every worker answers, as `kubelet` for kubelets. */
async function check(
  kubeconfig: string,
  {
    ssh = true,
    kubelet = true,
    graceSeconds = 0,
    ...more
  }: Partial<NodeCheck> & { ssh?: boolean; kubelet?: boolean } = {},
) {
  const port = async (open: boolean) => (open ? listen(createServer()) : closedPort());
  return checkNodes(kubeconfig, "master", workers, {
    graceSeconds,
    ports: { ssh: await port(ssh), kubelet: await port(kubelet) },
    ...more,
  });
}

describe("checkNodes", () => {
  it("finds a cluster healthy whose nodes are all Ready, and ignores other Nodes", async () => {
    const kubeconfig = await serving({ master: "True", a: "True", b: "True", other: "False" });
    expect(await check(kubeconfig, { kubelet: false })).toEqual(healthy);
  });

  it("finds a worker lost whose Node is missing", async () => {
    expect(await check(await serving({ master: "True", a: "True" }))).toEqual(degraded("b"));
  });

  it("finds a worker lost whose machine runs and whose kubelet does not", async () => {
    const kubeconfig = await serving({ master: "True", a: "True", b: "Unknown" });
    expect(await check(kubeconfig, { kubelet: false })).toEqual(degraded("b"));
  });

  it.each(["False", "Unknown", undefined])(
    "does not find a worker lost whose condition Ready is %s and whose kubelet answers",
    async (status) => {
      expect(await check(await serving({ master: "True", a: "True", b: status }))).toEqual(degraded());
    },
  );

  it("does not find a worker lost whose machine is off", async () => {
    const kubeconfig = await serving({ master: "True", a: "True", b: "Unknown" });
    expect(await check(kubeconfig, { ssh: false, kubelet: false })).toEqual(degraded());
  });

  it("finds a cluster degraded whose control plane is not Ready, and never finds the control plane lost", async () => {
    expect(await check(await serving({ a: "True", b: "True" }))).toEqual(degraded());
    expect(await check(await serving({ master: "False", a: "True", b: "True" }), { kubelet: false })).toEqual(
      degraded(),
    );
  });

  it("finds no worker lost when the API server does not answer, or answers something else", async () => {
    expect(await check(kubeconfigFor(`http://127.0.0.1:${await closedPort()}`), { kubelet: false })).toEqual(silent);
    const refusing = await apiServer((_, response) => void response.writeHead(403).end(nodeList({})));
    expect(await check(refusing, { kubelet: false })).toEqual(silent);
    expect(await check(await apiServer((_, response) => void response.end("no JSON")))).toEqual(silent);
    expect(await check("no kubeconfig")).toEqual(silent);
  });
});

// At the same time, because each case waits for seconds.
describe.concurrent("an unavailable kubelet", () => {
  const silentB = { master: "True", a: "True", b: "Unknown" };

  it("is waited for until it answers again", async () => {
    let asked = 0;
    const kubeconfig = await apiServer((_, response) => {
      response.end(nodeList(asked++ === 0 ? silentB : { ...silentB, b: "True" }));
    });
    expect(await check(kubeconfig, { kubelet: false, graceSeconds: 60 })).toEqual(healthy);
    expect(asked).toBe(2);
  });

  test("is waited for once in a run, even if the program checks it twice", async ({ folder }) => {
    const kubeconfig = await serving(silentB);
    const once = () => {
      const sightings = new Sightings(join(folder, "sightings.json"));
      return check(kubeconfig, { kubelet: false, graceSeconds: 4, sightings });
    };
    let began = Date.now();
    expect(await once()).toEqual(degraded("b"));
    expect(Date.now() - began).toBeGreaterThanOrEqual(4000);
    began = Date.now();
    expect(await once()).toEqual(degraded("b"));
    expect(Date.now() - began).toBeLessThan(3000);
  });

  it("is lost when it still answers only now and then at the end of its time", async () => {
    // It answers at every second check, and is never Ready.
    const kubelet = createServer();
    const port = await listen(kubelet);
    let asked = 0;
    const kubeconfig = await apiServer((_, response) => {
      const isUp = asked++ % 2 === 1;
      const answer = () => response.end(nodeList(silentB));
      if (isUp && !kubelet.listening) kubelet.listen(port, "127.0.0.1", answer);
      else if (!isUp && kubelet.listening) kubelet.close(answer);
      else answer();
    });
    const ssh = await listen(createServer());
    const found = await checkNodes(kubeconfig, "master", workers, { graceSeconds: 9, ports: { ssh, kubelet: port } });
    expect(found).toEqual(degraded("b"));
    expect(asked).toBeGreaterThan(2);
  }, 30_000);

  it("is not lost when it answers again and keeps answering", async () => {
    const kubelet = createServer();
    const port = await listen(kubelet);
    await new Promise((resolve) => kubelet.close(resolve));
    let asked = 0;
    const kubeconfig = await apiServer((_, response) => {
      const answer = () => response.end(nodeList(silentB));
      if (asked++ === 1) kubelet.listen(port, "127.0.0.1", answer);
      else answer();
    });
    const ssh = await listen(createServer());
    const found = await checkNodes(kubeconfig, "master", workers, { graceSeconds: 60, ports: { ssh, kubelet: port } });
    expect(found).toEqual(degraded());
    expect(asked).toBe(4);
  }, 30_000);
});

describe("a cluster with expired certificates", () => {
  it("has lost the workers whose kubelets do not run, without a request to the API server", async () => {
    let asked = 0;
    const kubeconfig = await apiServer((_, response) => void (asked++, response.writeHead(401).end()));
    expect(await check(kubeconfig, { kubelet: false, hasExpired: true })).toEqual(degraded("a", "b"));
    expect(await check(kubeconfig, { hasExpired: true })).toEqual(degraded());
    expect(await check(kubeconfig, { ssh: false, kubelet: false, hasExpired: true })).toEqual(degraded());
    expect(asked).toBe(0);
  });
});

describe("checkHealth", () => {
  const config = configWith({ workers: "1" });
  const found = (prior: PriorState, of = config) => checkHealth(prior, deriveTopology(of), of.timeouts);
  const identity = { stdout: JSON.stringify({ address: "127.0.0.1", hostKey: "ssh-ed25519 AAAA" }) };
  const master = { "remoteCommand dev-master-init": {}, "localCommand dev-master-host-key": identity };
  const worker = { "remoteCommand dev-worker-node-1-join": {}, "localCommand dev-worker-node-1-host-key": identity };

  it("sends no request before there is a cluster", async () => {
    let asked = 0;
    const stdout = await apiServer((_, response) => void (asked++, response.end(nodeList({}))));
    const kubeconfig = { "remoteCommand dev-master-kubeconfig": { stdout } };
    expect(await found(new PriorState())).toEqual(healthy);
    expect(await found(priorStateOf(master))).toEqual(healthy);
    expect(await found(priorStateOf({ ...kubeconfig, "remoteCommand dev-master-init": {} }))).toEqual(healthy);
    expect(asked).toBe(0);
    expect(await found(priorStateOf({ ...master, ...kubeconfig }))).toEqual(degraded());
    expect(asked).toBe(1);
  });

  it("expects the workers that have joined, Ready or not, and no others", async () => {
    const kubeconfig = { "remoteCommand dev-master-kubeconfig": { stdout: await serving({ master: "True" }) } };
    expect(await found(priorStateOf({ ...master, ...worker, ...kubeconfig }))).toEqual(degraded("worker-node-1"));
    const booted = { "localCommand dev-worker-node-1-host-key": identity, "remoteCommand dev-worker-node-1-token": {} };
    expect(await found(priorStateOf({ ...master, ...booted, ...kubeconfig }))).toEqual(healthy);
    const withoutWorkers = configWith({ workers: "0" });
    expect(await found(priorStateOf({ ...master, ...worker, ...kubeconfig }), withoutWorkers)).toEqual(healthy);
  });
});

describe("getFromCluster", () => {
  test("authenticates with the kubeconfig's certificate, and trusts only a server of the kubeconfig's CA", async ({
    folder,
  }) => {
    const make = (name: string) => {
      const paths = { key: join(folder, `${name}.key`), cert: join(folder, `${name}.crt`) };
      const options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
      const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
      execFileSync("openssl", ["req", ...options, ...subject, "-keyout", paths.key, "-out", paths.cert], {
        stdio: "ignore",
      });
      return { key: readFileSync(paths.key), cert: readFileSync(paths.cert) };
    };
    const [server, client] = [make("server"), make("client")];
    const port = await listen(
      createHttpsServer({ ...server, requestCert: true, ca: client.cert }, (request, response) => {
        response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN);
      }),
    );
    const kubeconfig = (ca: Buffer) =>
      JSON.stringify({
        clusters: [
          { cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": ca.toString("base64") } },
        ],
        users: [
          {
            user: {
              "client-certificate-data": client.cert.toString("base64"),
              "client-key-data": client.key.toString("base64"),
            },
          },
        ],
      });
    expect(await getFromCluster(kubeconfig(server.cert), "/")).toBe("client");
    await expect(getFromCluster(kubeconfig(client.cert), "/")).rejects.toThrow("certificate");
  });

  it.each([
    ["a server that refuses", async () => apiServer((_, response) => void response.writeHead(403).end("forbidden"))],
    ["a server that closes the connection", async () => apiServer((request) => void request.socket.destroy())],
    ["a server that is unavailable", async () => kubeconfigFor(`http://127.0.0.1:${await closedPort()}`)],
    ["an invalid key", async () => kubeconfigFor(`https://127.0.0.1:${await closedPort()}`)],
    ["an invalid kubeconfig", () => Promise.resolve(`users: [{ user: { client-key-data: "${key}"`)],
    ["an invalid address", () => Promise.resolve(kubeconfigFor(`no address ${key.slice(0, 4)}`))],
  ])("fails with an error that does not show the key: %s", async (_, kubeconfig) => {
    const error = await getFromCluster(await kubeconfig(), "/").then(
      () => undefined,
      (failure: Error) => failure,
    );
    expect(error).toBeInstanceOf(Error);
    const shown = `${error!.message} ${error!.stack} ${JSON.stringify(error)}`;
    expect(shown).not.toContain("TOPSECRET");
    const pieces = Array.from({ length: key.length - 11 }, (_, from) => key.slice(from, from + 12));
    expect(pieces.filter((piece) => shown.includes(piece))).toEqual([]);
  });
});
