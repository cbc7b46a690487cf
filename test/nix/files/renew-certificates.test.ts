import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileText, readDeclaration } from "../../../image/declaration.ts";
import { temporaryFolder } from "../../support/folder.ts";

const pki = [
  "apiserver-etcd-client",
  "apiserver-kubelet-client",
  "apiserver",
  "front-proxy-client",
  "etcd/healthcheck-client",
  "etcd/peer",
  "etcd/server",
];
const kubeconfigs = ["admin", "super-admin", "controller-manager", "scheduler"];
const authorities = ["ca", "front-proxy-ca", "etcd/ca"];

/** Returns a certificate that expires in so many days, as text. */
function certificate(days: number): string {
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null"];
  return execFileSync("openssl", ["req", ...kind, "-subj", "/CN=x", "-days", String(days)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}
const [young, old, shortLived] = [certificate(91), certificate(89), certificate(1)];

/** Prepares the image's script for a folder with valid certificates, except one: `odd` has the given text, or is missing. */
function renew(
  odd: string,
  text: string | undefined,
  running = "etcd kube-apiserver kube-controller-manager kube-scheduler",
) {
  const folder = temporaryFolder();
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  const of = (file: string) => (file === odd ? text : young);
  for (const name of pki) if (of(name) !== undefined) write(`pki/${name}.crt`, of(name)!);
  for (const name of authorities) write(`pki/${name}.crt`, name === odd ? text! : shortLived);
  for (const name of kubeconfigs) {
    const data = of(name);
    if (data !== undefined)
      write(`${name}.conf`, `users:\n- user:\n    client-certificate-data: ${Buffer.from(data).toString("base64")}\n`);
  }
  const programs = {
    kubeadm: `echo "kubeadm $*" >>"${folder}/calls"; exit "\${KUBEADM:-0}"`,
    systemctl: `case "$1" in
is-active) case " ${running} " in *" $3 "*) ;; *) exit 3 ;; esac ;;
*) echo "systemctl $*" >>"${folder}/calls" ;;
esac`,
  };
  for (const [name, program] of Object.entries(programs)) {
    write(`bin/${name}`, `#!/bin/sh\n${program}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
  const script = fileText(readDeclaration(), "files/renew-certificates.sh").replace(
    "folder=/etc/kubernetes",
    `folder=${folder}`,
  );
  return {
    run: (environment = {}) =>
      spawnSync("sh", ["-c", script], {
        env: { PATH: `${folder}/bin:${process.env.PATH}`, ...environment },
        encoding: "utf8",
        timeout: 20_000,
      }),
    calls: () =>
      existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trimEnd().split("\n") : [],
  };
}

const renewal = "kubeadm certs renew all --config /etc/nodeforge/kubeadm.yaml";

describe("certificates", () => {
  it("that are valid for more than 90 days are not renewed, even if a CA expires earlier", () => {
    const { run, calls } = renew("none", undefined);
    expect(run()).toMatchObject({ status: 0, stdout: "" });
    expect(calls()).toEqual([]);
  });

  it.each([...pki, ...kubeconfigs])("are all renewed if that of %s expires within 90 days", (name) => {
    const { run, calls } = renew(name, old);
    const { status, stdout } = run();
    expect(status).toBe(0);
    const file = kubeconfigs.includes(name) ? `${name}.conf` : `${name.replace("etcd/", "")}.crt`;
    expect(stdout).toBe(`renewing certificates, because these expire within 90 days: ${file}\n`);
    expect(calls()).toEqual([
      renewal,
      "systemctl restart --no-block etcd kube-apiserver kube-controller-manager kube-scheduler",
    ]);
  });

  it("that cannot be parsed count as expired, and missing ones do not count", () => {
    const broken = renew("apiserver", "no certificate");
    expect(broken.run().status).toBe(0);
    expect(broken.calls()[0]).toBe(renewal);
    for (const name of ["super-admin", "etcd/peer"]) {
      const without = renew(name, undefined);
      expect(without.run().status).toBe(0);
      expect(without.calls()).toEqual([]);
    }
  });

  it("are renewed at boot, and units that do not run yet are not restarted", () => {
    const { run, calls } = renew("admin", old, "");
    expect(run().status).toBe(0);
    expect(calls()).toEqual([renewal]);
  });

  it("that kubeadm cannot renew make the unit fail, and no unit is restarted", () => {
    const { run, calls } = renew("admin", old);
    expect(run({ KUBEADM: "1" }).status).toBe(1);
    expect(calls()).toEqual([renewal]);
  });
});
