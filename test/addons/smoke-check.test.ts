import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.ts";

const script = readFileSync(new URL("../../addons/smoke-check.sh", import.meta.url), "utf8");

/** Prints the addresses of PODS, as the service's name resolves to them. */
const nslookup = `
nslookup() {
  printf 'Server:\\t\\t10.96.0.10\\nAddress:\\t10.96.0.10:53\\n\\n'
  for pod in $PODS; do printf 'Name:\\t%s\\nAddress: %s\\n' "$2" "$pod"; done
}
`;

/** Succeeds for the addresses of ANSWERING. */
const wget = `
wget() {
  case "$* $ANSWERING " in
  "-q -T 10 -O /dev/null http://"*) ;;
  *) return 2 ;;
  esac
  for url; do :; done
  for pod in $ANSWERING; do [ "$url" != "http://$pod:8080/" ] || return 0; done
  return 1
}
`;

/** Runs the check with a POSIX shell. */
function check(expected: number, pods: readonly string[], answering: readonly string[], fetch = wget) {
  const text = script.replace("$(cat /check/expected)", String(expected));
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `${nslookup}${fetch}${text}`], {
    env: { PATH: process.env.PATH, SERVICE: "smoke", PODS: pods.join(" "), ANSWERING: answering.join(" ") },
    encoding: "utf8",
    // No request takes time here.
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

const [a, b, c] = ["10.244.1.2", "10.244.2.2", "10.244.2.22"] as const;

describe("the smoke check in a pod", () => {
  it("succeeds without output when every pod answers", () => {
    expect(check(2, [a, b], [a, b])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("succeeds when the expected number answers, and the pod of a leaving worker does not", () => {
    expect(check(2, [a, b, c], [a, c])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(check(2, [a, b, c], [a, b, c]).status).toBe(0);
  });

  it("names the pods that do not answer when too few do", () => {
    expect(check(2, [a, c], [c])).toMatchObject({
      status: 1,
      stdout: `${a} did not answer, 1 of 2 pods did\n`,
    });
    // The address of b is the beginning of c's.
    expect(check(2, [a, b, c], [c]).stdout).toBe(`${a} ${b} did not answer, 1 of 2 pods did\n`);
    expect(check(2, [a, b, c], []).stdout).toBe(`${a} ${b} ${c} did not answer, 0 of 2 pods did\n`);
  });

  it("fails when the name resolves to too few pods, or to none", () => {
    expect(check(3, [a, b], [a, b])).toMatchObject({ status: 1, stdout: "smoke resolves to 2 of 3 pods\n" });
    expect(check(1, [], [])).toMatchObject({ status: 1, stdout: "smoke resolves to 0 of 1 pods\n" });
  });

  it("asks every pod at the same time, because a silent pod takes ten seconds", () => {
    const folder = temporaryFolder();
    const pipe = join(folder, "pipe");
    // The first pod answers after the second was asked, so requests one after the other would never end.
    const together = `
      mkfifo ${pipe}
      wget() { case "$*" in *${a}*) read -r asked <${pipe} ;; *) echo asked >${pipe} ;; esac; }
    `;
    expect(check(2, [a, b], [], together)).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
