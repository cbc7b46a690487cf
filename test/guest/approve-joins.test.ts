import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";

/** REQUESTS is what the watch shows, a line each; it then stays silent until it is ended. The first approval may be REFUSED. */
const kubectl = `#!/bin/bash
echo "$*" >>"$FOLDER/calls"
case "$*" in
"get certificatesigningrequests "*) printf '%s\\n' "$REQUESTS" && exec sleep 20 ;;
"certificate approve "*) [[ -z $REFUSED || -e $FOLDER/refused ]] || { touch "$FOLDER/refused" && exit 1; } ;;
*) echo "unexpected: $*" >>"$FOLDER/calls" ;;
esac
`;

const folder = mkdtempSync(join(tmpdir(), "nodeforge-requests-"));
afterAll(() => rmSync(folder, { recursive: true }));
const key = join(folder, "key.pem");
execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);

/** A line of the watch: a request by its name, the token that asks, and whom for. */
function request(name: string, user: string, subject: string, condition = ""): string {
  const text = execFileSync("openssl", ["req", "-new", "-key", key, "-subj", subject]).toString("base64");
  return `${name} ${user} ${text} ${condition}`.trimEnd();
}
const token = (id: string) => `system:bootstrap:${id}`;
const kubelet = (name: string) => `/O=system:nodes/CN=system:node:${name}`;
const live = () => Math.floor(Date.now() / 1000) + 600;

/** Runs the script with these workers expected, by their tokens, until none is, or for so many seconds. */
function approve(expected: Readonly<Record<string, string>>, requests: readonly string[], environment = {}) {
  const node = new TestNode("");
  // A program and no function: the script lets the watch take the place of a shell.
  node.write("bin/kubectl", kubectl);
  chmodSync(join(node.folder, "bin/kubectl"), 0o755);
  for (const [id, text] of Object.entries(expected)) node.write(`joins/${id}`, `${text}\n`);
  const outcome = node.run(
    { script: "approve-joins" },
    { PATH: `${node.folder}/bin:${process.env.PATH}`, REQUESTS: requests.join("\n"), REFUSED: "", ...environment },
  );
  return {
    ...outcome,
    approved: node.calls.filter((call) => call.startsWith("certificate approve")),
    watches: node.calls.filter((call) => call.startsWith("get ")),
    other: node.calls.filter((call) => call.startsWith("unexpected")),
    left: existsSync(join(node.folder, "joins")) ? readdirSync(join(node.folder, "joins")) : [],
  };
}

describe("a worker that joins", () => {
  it("gets its certificate by its token, and the script ends when nobody is expected any more", () => {
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, [request("csr-1", token("aaaaaa"), kubelet("worker-1"))]);
    expect(found).toMatchObject({ status: 0, approved: ["certificate approve csr-1"], left: [], other: [] });
  });

  it("shares one watch, and one approval, with others that come at the same time", () => {
    const names = ["1", "2", "3"];
    const expected = Object.fromEntries(names.map((name) => [`aaaaa${name}`, `worker-${name} ${live()}`]));
    const requests = names.map((name) => request(`csr-${name}`, token(`aaaaa${name}`), kubelet(`worker-${name}`)));
    const { status, approved, watches } = approve(expected, requests);
    expect([status, watches.length, approved.length]).toEqual([0, 1, 1]);
    expect(approved[0]?.split(" ").slice(2).sort()).toEqual(["csr-1", "csr-2", "csr-3"]);
  });

  it("is asked for again where the API server refuses the approval", () => {
    const requests = [request("csr-1", token("aaaaaa"), kubelet("worker-1"))];
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, requests, { REFUSED: "once" });
    expect(found).toMatchObject({ status: 0, left: [] });
    expect([found.approved.length, found.watches.length]).toEqual([2, 2]);
  });
});

describe("a request is left alone", () => {
  /** The token of `worker-1` is used, and after what is to be left alone comes the right request, which ends the script. */
  const beside = (...others: readonly string[]) =>
    approve({ aaaaaa: `worker-1 ${live()}` }, [...others, request("right", token("aaaaaa"), kubelet("worker-1"))]);

  it.each([
    ["for another node's name", token("aaaaaa"), kubelet("master")],
    ["for another group beside", token("aaaaaa"), "/O=system:nodes/O=system:masters/CN=system:node:worker-1"],
    ["without the group of nodes", token("aaaaaa"), "/CN=system:node:worker-1"],
    ["for a name that only begins like it", token("aaaaaa"), kubelet("worker-10")],
    ["by a token that nobody expects", token("bbbbbb"), kubelet("worker-1")],
    ["by a token that is a path", token("../aaaaaa"), kubelet("worker-1")],
    ["by a node for itself", "system:node:worker-1", kubelet("worker-1")],
  ])("%s", (_, user, subject) => {
    const { status, approved } = beside(request("wrong", user, subject));
    expect([status, approved]).toEqual([0, ["certificate approve right"]]);
  });

  it("that is no certificate request", () => {
    expect(beside(`wrong ${token("aaaaaa")} bm9uZQ==`).approved).toEqual(["certificate approve right"]);
  });

  it.each(["Approved", "Denied"])("that is %s already", (condition) => {
    const { approved } = beside(request("earlier", token("aaaaaa"), kubelet("worker-1"), condition));
    expect(approved).toEqual(["certificate approve right"]);
  });

  it("that is the second by one token, at the same time and later", () => {
    const [first, second] = ["csr-1", "csr-2"].map((name) => request(name, token("aaaaaa"), kubelet("worker-1")));
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, [first!, second!]);
    expect(found).toMatchObject({ approved: ["certificate approve csr-1"], left: [] });
    expect(found.stderr).toContain("csr-2 is not approved: no worker is expected with token aaaaaa");
  });
});

describe("a token", () => {
  it("that has ended lets nobody in", () => {
    const requests = [request("csr-1", token("aaaaaa"), kubelet("worker-1"))];
    const found = approve({ aaaaaa: `worker-1 ${Math.floor(Date.now() / 1000) - 1}` }, requests);
    expect(found).toMatchObject({ status: 0, approved: [], watches: [], left: [] });
  });
});

describe("minting", () => {
  const minting = `
kubectl() { :; }
kubeadm() { echo "\${*: -2}" >"$FOLDER/options"; echo abcdef.0123456789abcdef; }
openssl() { [[ $1 == x509 ]] || cat >/dev/null; echo hash; }
systemd-run() { note "systemd-run $*"; }
`;
  const parameters = { WORKER_NAME: "worker-1", WORKER_ADDRESS: "192.168.222.100", TOKEN_TTL_MINUTES: 30 };

  it("says whom the token is for, until when, and starts what approves where it does not run", () => {
    const node = new TestNode(minting);
    const { status, stdout } = node.run({ script: "mint-token", parameters });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ token: "abcdef.0123456789abcdef" });
    // wait-ready revokes the tokens with this description.
    expect(node.read("options")).toBe("--description nodeforge: join of worker-1\n");
    const [name, ends] = node.read("joins/abcdef").trim().split(" ");
    expect(name).toBe("worker-1");
    expect(Number(ends)).toBeGreaterThan(Date.now() / 1000 + 29 * 60);
    expect(Number(ends)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 30 * 60);
    expect(node.calls).toHaveLength(1);
    expect(node.calls[0]).toMatch(/^systemd-run .*--unit nodeforge-approve-joins-abcdef .*nodeforge-approve-joins$/);
    expect(node.calls[0]).not.toContain("0123456789abcdef");
  });

  it("starts no second one", () => {
    const held = `${minting}\nexec 5>"$FOLDER/joins.running"; flock 5\n`;
    const node = new TestNode(held);
    expect(node.run({ script: "mint-token", parameters }).status).toBe(0);
    expect(node.calls).toEqual([]);
    expect(existsSync(join(node.folder, "joins/abcdef"))).toBe(true);
  });

  it("lets a worker keep its address while its join is tried again", () => {
    const node = new TestNode(minting);
    node.write("nodeforge-nodes", "master\n");
    node.run({ script: "mint-token", parameters });
    node.run({ script: "mint-token", parameters });
    expect(node.read("nodeforge-nodes")).toBe("master\nworker-1\n");
  });
});
