import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";
import { sharedFolder } from "../support/folder.ts";

/**
 * kubectl prints the file `requests`, as the template of the script does. With DOWN the API server does not answer, and with REFUSED
 * it refuses approvals. With KNOWN openssl prints what it printed about one request, and counts its calls in `openssl`.
 */
const programs = `
kubectl() {
  note "$*"
  case "$*" in
  "get certificatesigningrequests "*) [[ -z \${DOWN-} ]] && cat "$FOLDER/requests" ;;
  "certificate approve "*) [[ -z \${REFUSED-} ]] ;;
  esac
}
openssl() {
  [[ -n \${KNOWN-} ]] || { command openssl "$@" && return; }
  echo x >>"$FOLDER/openssl" && cat "$FOLDER/known-$1"
}
`;

const folder = sharedFolder();
const key = join(folder, "key.pem");
execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);

const kubelet = (name: string) => `/O=system:nodes/CN=system:node:${name}`;
const user = (name: string) => JSON.stringify(`system:node:${name}`);
const usages = '["digital signature" "server auth"]';
const own = "DNS:worker-1,IP:192.168.222.100";

/** Returns a certificate request, as PEM. @param more Further extensions, as lines of openssl's configuration. */
function pem(subject: string, names: string, more = ""): string {
  const file = join(folder, "request.cnf");
  const extensions = `${names === "" ? "" : `subjectAltName=${names}\n`}${more}`;
  writeFileSync(
    file,
    `[req]\ndistinguished_name=dn\nreq_extensions=ext\nattributes=attr\n[dn]\n[attr]\n[ext]\n${extensions || "keyUsage=digitalSignature"}\n`,
  );
  return execFileSync("openssl", ["req", "-new", "-key", key, "-subj", subject, "-config", file], { encoding: "utf8" });
}

/** Returns a line of the list: a request's name, its content, its user and its usages. */
const line = (name: string, text: string, by = user("worker-1"), of = usages) =>
  `${name} ${Buffer.from(text).toString("base64")} ${by} ${of}`;

const right = (name = "right") => line(name, pem(kubelet("worker-1"), own));
const expected = "master 192.168.222.10\nworker-1 192.168.222.100\n";

/** Returns a control plane with these requests, which expects these kubelets. */
function controlPlane(requests: readonly string[], kubelets: string | null = expected): TestNode {
  const node = new TestNode(programs);
  if (kubelets !== null) node.write("nodeforge-kubelets", kubelets);
  node.write("requests", requests.map((each) => `${each}\n`).join(""));
  return node;
}

/** Runs the script there. */
function approve(requests: readonly string[], environment: Record<string, string> = {}, kubelets?: string | null) {
  const node = controlPlane(requests, kubelets);
  const run = (variables = environment) => {
    const before = node.calls.length;
    const outcome = node.run({ script: "approve-kubelets" }, variables);
    const calls = node.calls.slice(before);
    const approved = calls.filter((call) => call.startsWith("certificate approve"));
    return { ...outcome, calls, approved, refused: node.read("kubelets.refused") };
  };
  return { ...run(), node, run };
}

describe("a kubelet's serving certificate", () => {
  it("is approved for the name and the address of its node", () => {
    const { status, approved, refused, calls, stderr } = approve([right()]);
    expect([status, approved, refused], stderr).toEqual([0, ["certificate approve right"], ""]);
    expect(calls[0]).toContain("--field-selector spec.signerName=kubernetes.io/kubelet-serving ");
  });

  it("is approved for a key that also enciphers", () => {
    const all = '["digital signature" "key encipherment" "server auth"]';
    expect(approve([line("rsa", pem(kubelet("worker-1"), own), user("worker-1"), all)]).approved).toEqual([
      "certificate approve rsa",
    ]);
  });

  it("is approved for the control plane and a worker in one call", () => {
    const master = line("one", pem(kubelet("master"), "DNS:master,IP:192.168.222.10"), user("master"));
    expect(approve([master, right("two")]).approved).toEqual(["certificate approve one two"]);
  });

  it("costs one call where no request waits", () => {
    const { status, calls, refused } = approve([]);
    expect([status, calls.length, refused]).toEqual([0, 1, ""]);
  });

  it("is approved in the next run when the API server refuses the approval", () => {
    const { status, run } = approve([right()], { REFUSED: "yes" });
    const again = run({});
    expect([status, again.status, again.approved]).toEqual([1, 0, ["certificate approve right"]]);
  });

  it("fails the run when the API server does not answer, and keeps what is known of refused requests", () => {
    const { refused, run } = approve([line("wrong", pem(kubelet("master"), own))]);
    expect(refused).toMatch(/^wrong is not approved: /);
    const again = run({ DOWN: "yes" });
    expect([again.status, again.refused]).toEqual([1, refused]);
  });

  it("costs two calls of openssl, and a tenth of a call of kubectl, among hundreds", () => {
    const text = pem(kubelet("worker-1"), own);
    const names = Array.from({ length: 301 }, (_, index) => `csr-${index}`);
    const node = controlPlane(names.map((name) => line(name, text)));
    const known = { req: ["-noout", "-subject", "-nameopt", "RFC2253"], asn1parse: [] };
    for (const [command, options] of Object.entries(known)) {
      node.write(`known-${command}`, execFileSync("openssl", [command, ...options], { input: text, encoding: "utf8" }));
    }
    const { status, stderr } = node.run({ script: "approve-kubelets" }, { KNOWN: "yes" });
    expect([status, node.read("openssl").length / 2], stderr).toEqual([0, 602]);
    const calls = node.calls.slice(1).map((call) => call.split(" ").slice(2));
    expect([calls.length, calls.flat().sort()]).toEqual([31, [...names].sort()]);
  });
});

describe("a request is not approved, and the right one beside it is", () => {
  const foreign = "kubernetes-admin";
  it.each([
    ["for another node's name", line("wrong", pem(kubelet("worker-1"), "DNS:master,IP:192.168.222.100"))],
    ["for another node's address", line("wrong", pem(kubelet("worker-1"), "DNS:worker-1,IP:192.168.222.10"))],
    [
      "for an address that contains its own",
      line("wrong", pem(kubelet("worker-1"), "DNS:worker-1,IP:192.168.222.101")),
    ],
    ["for a further address", line("wrong", pem(kubelet("worker-1"), `${own},IP:192.168.222.10`))],
    ["for a further name", line("wrong", pem(kubelet("worker-1"), `DNS:worker-1,DNS:kubernetes,IP:192.168.222.100`))],
    ["for a name before its own", line("wrong", pem(kubelet("worker-1"), `DNS:kubernetes,${own}`))],
    ["for a further URI", line("wrong", pem(kubelet("worker-1"), `${own},URI:spiffe://cluster`))],
    ["for a further mail address", line("wrong", pem(kubelet("worker-1"), `${own},email:a@b.c`))],
    ["for a wildcard", line("wrong", pem(kubelet("worker-1"), "DNS:*,IP:192.168.222.100"))],
    ["for its name alone", line("wrong", pem(kubelet("worker-1"), "DNS:worker-1"))],
    ["for its address alone", line("wrong", pem(kubelet("worker-1"), "IP:192.168.222.100"))],
    ["without a name", line("wrong", pem(kubelet("worker-1"), ""))],
    ["with another subject", line("wrong", pem(kubelet("master"), own))],
    ["with a second group", line("wrong", pem(`/O=system:nodes/O=system:masters/CN=system:node:worker-1`, own))],
    ["without the group of nodes", line("wrong", pem("/CN=system:node:worker-1", own))],
    ["of another node", line("wrong", pem(kubelet("worker-1"), own), user("master"))],
    ["of a user that is no node", line("wrong", pem(kubelet("worker-1"), own), JSON.stringify(foreign))],
    ["of a node that is not expected", line("wrong", pem(kubelet("worker-9"), own), user("worker-9"))],
    ["of every node", line("wrong", pem(kubelet("worker-1"), own), user("@"))],
    [
      "of a user with a line break",
      line("wrong", pem(kubelet("worker-1"), own), String.raw`"x\nsystem:node:worker-1"`),
    ],
    [
      "for a client",
      line("wrong", pem(kubelet("worker-1"), own), user("worker-1"), '["digital signature" "client auth"]'),
    ],
    [
      "for a client, too",
      line(
        "wrong",
        pem(kubelet("worker-1"), own),
        user("worker-1"),
        '["digital signature" "client auth" "server auth"]',
      ),
    ],
    ["without a usage", line("wrong", pem(kubelet("worker-1"), own), user("worker-1"), "[]")],
    ["with nothing in it", `wrong bm9uZQ== ${user("worker-1")} ${usages}`],
    ["that is not base64", `wrong *** ${user("worker-1")} ${usages}`],
    ["with a second request before it", line("wrong", pem(kubelet("master"), own) + pem(kubelet("worker-1"), own))],
    ["with a second request after it", line("wrong", pem(kubelet("worker-1"), own) + pem(kubelet("master"), own))],
    ["with a text before it", line("wrong", `text\n${pem(kubelet("worker-1"), own)}`)],
    [
      "that is longer than a kubelet's",
      line("wrong", pem(kubelet("worker-1"), own).replace("\n", `\n${"A".repeat(9000)}`)),
    ],
  ])("%s", (_, request) => {
    const { status, approved, stderr, refused } = approve([request, right()]);
    expect([status, approved], stderr).toEqual([0, ["certificate approve right"]]);
    expect(refused).toMatch(/^wrong is not approved: .{10,400}\n$/);
    expect(stderr).toContain("wrong is not approved: ");
  });

  it("with a name that hides another one behind a line break", () => {
    // openssl prints the name as it is, so its text begins like the right one.
    const name = "worker-1, IP Address:192.168.222.100\n                x";
    const hex = [...Buffer.from(name)].map((byte) => byte.toString(16).padStart(2, "0"));
    const san = ["82", hex.length.toString(16).padStart(2, "0"), ...hex, "87", "04", "c0", "a8", "de", "0a"];
    const der = ["30", san.length.toString(16).padStart(2, "0"), ...san].join(":");
    const request = line("wrong", pem(kubelet("worker-1"), "", `2.5.29.17=DER:${der}\n`));
    const { approved, refused } = approve([request]);
    expect(approved).toEqual([]);
    expect(refused).toContain("wrong is not approved: worker-1 asks for other names than DNS:worker-1");
  });

  it("where the control plane expects no kubelet", () => {
    const { status, approved, refused } = approve([right()], {}, null);
    expect([status, approved]).toEqual([0, []]);
    expect(refused).toBe(`right is not approved: its user is no expected node: ${user("worker-1")} ${usages}\n`);
  });

  it("at an address that its node had before", () => {
    const { approved } = approve([right()], {}, "worker-1 192.168.222.55\n");
    expect(approved).toEqual([]);
  });

  it("and is forgotten once it no longer waits", () => {
    const found = approve([line("wrong", pem(kubelet("master"), own))]);
    found.node.write("requests", "");
    const again = found.run();
    expect([again.status, again.refused]).toEqual([0, ""]);
  });
});
