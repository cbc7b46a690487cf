import { execaSync } from "execa";
import { expect, test } from "vitest";
import { expectations, joiners, tokenSecrets } from "../../../bench/joins/credentials.ts";

const [one, other] = await joiners(2);
const both = [one!, other!];

test("a worker requests the certificate of its own node", () => {
  const subjects = both.map(
    ({ request }) =>
      execaSync("openssl", ["req", "-noout", "-verify", "-subject", "-nameopt", "RFC2253"], { input: request }).stdout,
  );
  expect(subjects).toEqual([
    "subject=CN=system:node:worker-node-1,O=system:nodes",
    "subject=CN=system:node:worker-node-2,O=system:nodes",
  ]);
  expect(one!.key).not.toBe(other!.key);
});

test("each worker has a token, and the control plane expects it with this token", () => {
  const now = Date.UTC(2026, 0, 1);
  const ids = both.map(({ token }) => /^([0-9a-f]{6})\.[0-9a-f]{16}$/.exec(token)![1]!);
  expect(new Set(ids).size).toBe(2);
  const { items } = tokenSecrets(both, now) as { items: { metadata: { name: string }; stringData: object }[] };
  expect(items.map(({ metadata }) => metadata.name)).toEqual(ids.map((id) => `bootstrap-token-${id}`));
  expect(items[0]!.stringData).toMatchObject({ "token-id": ids[0], expiration: "2026-01-01T06:00:00.000Z" });
  expect(expectations(both, now).split("\n").slice(1, 3)).toEqual(
    ids.map((id, index) => `echo 'worker-node-${index + 1} 1767247200' >/etc/kubernetes/nodeforge-joins/${id}`),
  );
});
