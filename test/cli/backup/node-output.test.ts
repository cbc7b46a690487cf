import { describe, expect, it } from "vitest";
import { parseNodeOutput } from "../../../cli/backup/node-output.ts";
import { bytesOf, linesOf } from "./streams.ts";

const first = '{"kubernetesVersion":"v1.36.3","status":{"header":{"revision":"42"},"version":"3.6.8"}}';
const file = (name: string, mode = "600") => JSON.stringify({ file: name, mode, content: "YQ==" });
const files = ["pki/ca.crt", "pki/ca.key", "pki/sa.key", "pki/sa.pub"].map((name) => file(name));
const end = '{"complete":true}';
const blob = (text: string) =>
  JSON.stringify({ result: { blob: Buffer.from(text).toString("base64"), version: "3.6.0" } });
const all = async (...lines: readonly string[]) => {
  const { facts, snapshot } = await parseNodeOutput(linesOf(...lines));
  return { facts, text: (await bytesOf(snapshot)).toString() };
};

describe("the output of the control plane", () => {
  it("has versions, files, and a snapshot in pieces", async () => {
    const { facts, text } = await all(first, "", ...files, blob("abc"), '{"result":{}}', blob("def"), "", end);
    expect(facts).toMatchObject({ kubernetesVersion: "v1.36.3", etcdVersion: "3.6.8", etcdRevision: "42" });
    expect(facts.files).toHaveLength(4);
    expect(facts.files[0]).toEqual({ name: "pki/ca.crt", mode: "600", content: "YQ==" });
    expect(text).toBe("abcdef");
  });

  it.each([
    ["nothing", [], "the control plane sent no complete backup"],
    ["no JSON", ["<html>"], "the control plane sent a line that is no JSON"],
    ["no versions", ["{}"], "the control plane sent no versions"],
    [
      "no keys",
      [first, files[0] ?? "", end],
      "the control plane has no pki/sa.key, pki/sa.pub, pki/ca.key, which a restore needs",
    ],
    ["no end", [first, ...files, blob("abc")], "the control plane sent no complete backup"],
    [
      "an error of etcd",
      [first, ...files, blob("a"), '{"error":{"message":"no leader"}}', end],
      "etcd ended its snapshot: no leader",
    ],
    ...["null", "{}", '{"message":null}', "5"].map(
      (error) =>
        [
          `the error ${error}`,
          [first, ...files, `{"error":${error}}`, end],
          "etcd ended its snapshot: it gave no reason",
        ] as const,
    ),
    ["a piece that is null", [first, ...files, '{"result":null}', end], "the control plane sent something between"],
    ["something else", [first, ...files, "{}", end], "the control plane sent something between the pieces"],
    ["a path to elsewhere", [first, file("../x"), end], 'the control plane sent a file with the name "../x"'],
    ["an absolute path", [first, file("/etc/x"), end], 'the control plane sent a file with the name "/etc/x"'],
    ["a wrong mode", [first, file("x", "rwx"), end], 'the control plane sent a file with the name "x"'],
  ] as const)("is refused with %s", async (_, lines, message) => {
    await expect(all(...lines)).rejects.toThrow(message);
  });
});
