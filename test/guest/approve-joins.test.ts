import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";
import { sharedFolder } from "../support/folder.ts";

/**
 * The watch prints REQUESTS, one a line, then waits until it is killed. With REFUSED the first approval fails. With PIECES a
 * line comes in two pieces, further apart than the script waits. With STREAM a line comes every 0.6 s. As the real one, it
 * prints only 500 existing requests unless the size of its chunks is 0.
 */
const kubectl = `#!/bin/bash
echo "$*" >>"$FOLDER/calls"
case "$*" in
"get certificatesigningrequests "*)
  [[ $* == *" --chunk-size 0 "* ]] || REQUESTS=$(head -n 500 <<<"$REQUESTS")
  [[ -z $PIECES ]] || { printf '%s' "\${REQUESTS:0:20}" && sleep 6 && REQUESTS=\${REQUESTS:20}; }
  if [[ -n $STREAM ]]; then
    while read -r line; do sleep 0.6 && echo "$line"; done <<<"$REQUESTS"
  else
    printf '%s\\n' "$REQUESTS"
  fi
  exec sleep 20
  ;;
"certificate approve "*) [[ -z $REFUSED || -e $FOLDER/refused ]] || { touch "$FOLDER/refused" && exit 1; } ;;
*) echo "unexpected: $*" >>"$FOLDER/calls" ;;
esac
`;

const folder = sharedFolder();
const key = join(folder, "key.pem");
execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);

/** Returns a certificate request for a subject, as PEM. */
const pem = (subject: string) =>
  execFileSync("openssl", ["req", "-new", "-key", key, "-subj", subject], { encoding: "utf8" });

/** Returns a line of the watch: the name of a request, its user, its content and its condition. */
const line = (name: string, user: string, text: string, condition = "") =>
  `${name} ${user} ${Buffer.from(text).toString("base64")} ${condition}`.trimEnd();

/** Returns a line of the watch whose request is for a subject. */
const request = (name: string, user: string, subject: string, condition = "") =>
  line(name, user, pem(subject), condition);

const token = (id: string) => `system:bootstrap:${id}`;
const kubelet = (name: string) => `/O=system:nodes/CN=system:node:${name}`;
const live = () => Math.floor(Date.now() / 1000) + 600;

/** Runs the script with expected workers, by the ids of their tokens. It ends when it expects no worker. */
function approve(
  expected: Readonly<Record<string, string>>,
  requests: readonly string[],
  environment = {},
  node = new TestNode(""),
) {
  // A program instead of a function, because the script execs it.
  node.write("bin/kubectl", kubectl);
  chmodSync(join(node.folder, "bin/kubectl"), 0o755);
  for (const [id, text] of Object.entries(expected)) node.write(`nodeforge-joins/${id}`, `${text}\n`);
  const outcome = node.run(
    { script: "approve-joins" },
    {
      PATH: `${node.folder}/bin:${process.env.PATH}`,
      REQUESTS: requests.join("\n"),
      REFUSED: "",
      PIECES: "",
      STREAM: "",
      ...environment,
    },
  );
  return {
    ...outcome,
    approved: node.calls.filter((call) => call.startsWith("certificate approve")),
    watches: node.calls.filter((call) => call.startsWith("get ")),
    other: node.calls.filter((call) => call.startsWith("unexpected")),
    left: Object.keys(expected).length > 0 ? readdirSync(join(node.folder, "nodeforge-joins")) : [],
  };
}

describe("a joining worker", () => {
  it("gets one certificate with its token, and the script ends when it expects no worker", () => {
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, [request("csr-1", token("aaaaaa"), kubelet("worker-1"))]);
    expect(found).toMatchObject({ status: 0, approved: ["certificate approve csr-1"], left: [], other: [] });
  });

  it("shares one watch and one approval with workers that join at the same time", () => {
    const names = ["1", "2", "3"];
    const expected = Object.fromEntries(names.map((name) => [`aaaaa${name}`, `worker-${name} ${live()}`]));
    const requests = names.map((name) => request(`csr-${name}`, token(`aaaaa${name}`), kubelet(`worker-${name}`)));
    const { status, approved, watches } = approve(expected, requests);
    expect([status, watches.length, approved.length]).toEqual([0, 1, 1]);
    expect(approved[0]?.split(" ").slice(2).sort()).toEqual(["csr-1", "csr-2", "csr-3"]);
  });

  it("is approved beside many others, of which each call of kubectl has ten", () => {
    const names = Array.from({ length: 43 }, (_, index) => String(index + 10));
    const expected = Object.fromEntries(names.map((name) => [`aaaa${name}`, `worker-${name} ${live()}`]));
    const requests = names.map((name) => request(`csr-${name}`, token(`aaaa${name}`), kubelet(`worker-${name}`)));
    const { status, approved, left } = approve(expected, requests);
    expect([status, left]).toEqual([0, []]);
    const calls = approved.map((call) => call.split(" ").slice(2));
    expect(Math.max(...calls.map((call) => call.length))).toBe(10);
    expect(calls.flat().sort()).toEqual(names.map((name) => `csr-${name}`));
  });

  it("is approved after more than 500 workers whose requests still exist", () => {
    const earlier = Array.from({ length: 500 }, (_, index) =>
      line(`csr-${index}`, token("bbbbbb"), `request ${index}`, "Approved"),
    );
    const own = request("csr-own", token("aaaaaa"), kubelet("worker-1"));
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, [...earlier, own]);
    expect(found).toMatchObject({ status: 0, approved: ["certificate approve csr-own"], left: [] });
  });

  it("does not wait for the end of a stream of requests", () => {
    const names = ["1", "2", "3", "4", "5", "6"];
    const expected = Object.fromEntries(names.map((name) => [`aaaaa${name}`, `worker-${name} ${live()}`]));
    const requests = names.map((name) => request(`csr-${name}`, token(`aaaaa${name}`), kubelet(`worker-${name}`)));
    const { status, approved, watches, left } = approve(expected, requests, { STREAM: "yes" });
    expect([status, watches.length, left]).toEqual([0, 1, []]);
    expect(approved.length).toBeGreaterThan(1);
    expect(approved.flatMap((call) => call.split(" ").slice(2)).sort()).toEqual(names.map((name) => `csr-${name}`));
  });

  it("is approved when its request arrives in pieces", () => {
    const requests = [request("csr-1", token("aaaaaa"), kubelet("worker-1"))];
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, requests, { PIECES: "yes" });
    expect(found).toMatchObject({ status: 0, approved: ["certificate approve csr-1"], left: [], other: [] });
    expect(found.watches).toHaveLength(1);
  });

  it("is approved on a second watch after the API server refused the approval", () => {
    const requests = [request("csr-1", token("aaaaaa"), kubelet("worker-1"))];
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, requests, { REFUSED: "once" });
    expect(found).toMatchObject({ status: 0, left: [] });
    expect([found.approved.length, found.watches.length]).toEqual([2, 2]);
  });
});

describe("a request is not approved", () => {
  const own = pem(kubelet("worker-1"));
  const another = pem(kubelet("master"));
  const wrong: Readonly<Record<string, string>> = {
    "for another node's name": request("name", token("aaaaaa"), kubelet("master")),
    "for a second group": request("group", token("aaaaaa"), "/O=system:nodes/O=system:masters/CN=system:node:worker-1"),
    "without the group of nodes": request("no-group", token("aaaaaa"), "/CN=system:node:worker-1"),
    "for a longer name with the same beginning": request("longer", token("aaaaaa"), kubelet("worker-10")),
    "by the token of no expected worker": request("token", token("bbbbbb"), kubelet("worker-1")),
    "by a token that is a path": request("path", token("../aaaaaa"), kubelet("worker-1")),
    "by a node for its own name": request("node", "system:node:worker-1", kubelet("worker-1")),
    "that is not base64": `bytes ${token("aaaaaa")} ***`,
    "in the condition Approved": request("approved", token("aaaaaa"), kubelet("worker-1"), "Approved"),
    "in the condition Denied": request("denied", token("aaaaaa"), kubelet("worker-1"), "Denied"),
  };
  const odd: Readonly<Record<string, string>> = {
    "with nothing in it": "none",
    "with a second request before it": another + own,
    "with a second request after it": own + another,
    "with a text before it": `text\n${own}`,
    "with a text after it": `${own}text\n`,
    "with a header in it": own.replace("\n", "\nProc-Type: 4\n\n"),
    "under the other name of a request": own.replaceAll("CERTIFICATE", "NEW CERTIFICATE"),
    "that is longer than a kubelet's": own.replace("\n", `\n${"A".repeat(9000)}`),
  };
  const oddName = (of: string) => `odd-${Object.keys(odd).indexOf(of)}`;

  const right = request("right", token("aaaaaa"), kubelet("worker-1"));
  const requests = Object.entries(odd).map(([of, text]) => line(oddName(of), token("aaaaaa"), text));
  // One run for all of them, because each takes a second. The right one is the last, so the script has seen the others.
  const { status, approved, other, stderr } = approve(
    { aaaaaa: `worker-1 ${live()}` },
    [...Object.values(wrong), ...requests, right],
    {},
    new TestNode("", sharedFolder()),
  );

  it("while the right one is", () => {
    expect([status, approved, other], stderr).toEqual([0, ["certificate approve right"], []]);
  });

  it.each(Object.entries(wrong))("%s", (_, text) => {
    expect(approved.join().split(/[ ,]/)).not.toContain(text.split(" ")[0]);
  });

  it.each(Object.keys(odd))("%s", (of) => {
    const refusal = `${oddName(of)} is not approved: token aaaaaa is for worker-1, got more than a request, or none`;
    expect(stderr.split(refusal)).toHaveLength(2);
  });

  it("when it is the second of one token", () => {
    const [first, second] = ["csr-1", "csr-2"].map((name) => request(name, token("aaaaaa"), kubelet("worker-1")));
    const found = approve({ aaaaaa: `worker-1 ${live()}` }, [first!, second!]);
    expect(found).toMatchObject({ approved: ["certificate approve csr-1"], left: [] });
    expect(found.stderr).toContain("csr-2 is not approved: no worker is expected with token aaaaaa");
  });
});

describe("the list of expected workers", () => {
  const requests = [request("csr-1", token("aaaaaa"), kubelet("worker-1"))];

  it("loses an expired token, whose request is not approved", () => {
    const found = approve({ aaaaaa: `worker-1 ${Math.floor(Date.now() / 1000) - 1}` }, requests);
    expect(found).toMatchObject({ status: 0, approved: [], watches: [], left: [] });
  });

  it.each(["", "worker-1"])("loses a file with %j, so that systemd does not start the script again", (text) => {
    expect(approve({ aaaaaa: text }, requests)).toMatchObject({ status: 0, approved: [], watches: [], left: [] });
  });

  it("may be empty", () => {
    expect(approve({}, requests)).toMatchObject({ status: 0, approved: [], watches: [], left: [] });
  });
});

describe("minting", () => {
  const minting = `
kubectl() {
  [[ $* == *readyz* ]] || return 0
  echo >>"$FOLDER/asked"
  (($(wc -l <"$FOLDER/asked") > \${REFUSALS-0})) || { echo "the connection was refused"; return 1; }
}
kubeadm() { echo "\${*: -2}" >"$FOLDER/options"; echo abcdef.0123456789abcdef; }
openssl() { [[ $1 == x509 ]] || cat >/dev/null; echo hash; }
sync() { note "sync \${1##*/}"; }
`;
  const parameters = { WORKER_NAME: "worker-1", WORKER_ADDRESS: "192.168.222.100", TOKEN_TTL_MINUTES: 30 };

  /** A control plane with the list of joins that init-control-plane.sh makes. */
  const controlPlane = () => {
    const node = new TestNode(minting);
    mkdirSync(join(node.folder, "nodeforge-joins"));
    return node;
  };

  it("records the worker of the token and its end, also for the case of a power loss", () => {
    const node = controlPlane();
    const { status, stdout } = node.run({ script: "mint-token", parameters });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ token: "abcdef.0123456789abcdef" });
    // wait-ready revokes the tokens with this description.
    expect(node.read("options")).toBe("--description nodeforge: join of worker-1\n");
    const [name, ends] = node.read("nodeforge-joins/abcdef").trim().split(" ");
    expect(name).toBe("worker-1");
    expect(Number(ends)).toBeGreaterThan(Date.now() / 1000 + 29 * 60);
    expect(Number(ends)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 30 * 60);
    expect(node.calls).toEqual(["sync nodeforge-joins.abcdef", "sync nodeforge-joins"]);
    expect(readdirSync(node.folder).filter((name) => name.startsWith("nodeforge-joins"))).toEqual(["nodeforge-joins"]);
    expect(node.read("nodeforge-joins/abcdef")).not.toContain("0123456789abcdef");
  });

  it.each(["mint-token", "renew-token"] as const)("waits in %s for an API server that has just started", (script) => {
    // Each pause takes 100 s.
    const [starting, dead] = [3, 99].map((refusals) => {
      const node = new TestNode(`${minting}\nsleep() { SECONDS=$((SECONDS + 100)); }`);
      mkdirSync(join(node.folder, "nodeforge-joins"));
      const outcome = node.run({ script, parameters }, { REFUSALS: String(refusals) });
      return { ...outcome, hasMinted: existsSync(join(node.folder, "options")) };
    });
    expect([starting?.status, starting?.hasMinted]).toEqual([0, true]);
    expect([dead?.status, dead?.hasMinted]).toEqual([1, false]);
    expect(dead?.stderr).toContain("FAILED: the API server: still missing after 600s: the connection was refused\n");
  });

  it("lets the worker's kubelet serve at its new address, and at no earlier one", () => {
    const node = controlPlane();
    node.write("nodeforge-kubelets", "master 192.168.222.10\nworker-1 192.168.222.55\nworker-10 192.168.222.110\n");
    for (const run of ["first", "second"]) {
      expect(node.run({ script: "mint-token", parameters }).status, run).toBe(0);
      expect(node.read("nodeforge-kubelets"), run).toBe(
        "master 192.168.222.10\nworker-10 192.168.222.110\nworker-1 192.168.222.100\n",
      );
    }
  });

  it("lists the worker once, so that it keeps its address while its join is tried again", () => {
    const node = controlPlane();
    node.write("nodeforge-nodes", "master\n");
    node.run({ script: "mint-token", parameters });
    node.run({ script: "mint-token", parameters });
    expect(node.read("nodeforge-nodes")).toBe("master\nworker-1\n");
  });
});
