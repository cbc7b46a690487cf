import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Guests } from "./guests.ts";

/** Serves the list of Nodes, which the program itself reads, while a control plane runs. */
export async function serveNodes(guests: Guests): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const list = request.url?.startsWith("/api/v1/nodes?") ? guests.nodeList() : undefined;
    response.writeHead(list ? 200 : 503).end(JSON.stringify(list ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
