import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inCheckout } from "../../../toolchain/checkout.ts";
import { redact } from "../../../toolchain/runs/redaction.ts";

const body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt";
const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
const end = "-----END OPENSSH PRIVATE KEY-----";
const inBase64 = (text: string) => Buffer.from(text).toString("base64");

test.each([
  ["a private key", `key:\n${begin}\n${body}\n${body}\n${end}\nafter`, "key:\n[redacted]\nafter"],
  ["one in JSON", `{"key":"${begin}\\n${body}\\n${end}\\n"}`, '{"key":"[redacted]\\n"}'],
  ["one without a kind", `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`, "[redacted]"],
  ["one in the rows of a display", `  | ${begin}\n  | ${body}\n  | ${end}`, "  | [redacted]"],
  ["one that was cut off", `${begin}\n${body}\n${body}\nerror: it failed`, "[redacted]\nerror: it failed"],
  [
    "two, and what is between",
    `${begin}\n${body}\n${end}\nok\n${begin}\n${body}\n${end}`,
    "[redacted]\nok\n[redacted]",
  ],
  [
    "a private key in base64",
    `data ${inBase64(`-----BEGIN RSA PRIVATE KEY-----\n${body}`)} end`,
    "data [redacted] end",
  ],
  ["an EC key in base64", inBase64(`-----BEGIN EC PRIVATE KEY-----\n${body}`), "[redacted]"],
  ["client key data of any kind", `client-key-data: ${body}=\nnext`, "client-key-data: [redacted]\nnext"],
  ["the same in JSON", `{"client-key-data":"${body}"}`, '{"client-key-data":"[redacted]"}'],
  [
    "the same in JSON in JSON",
    `"{\\"client-key-data\\": \\"${body}\\"}"`,
    '"{\\"client-key-data\\": \\"[redacted]\\"}"',
  ],
  ["a bootstrap token", "--token abcdef.0123456789abcdef --x", "--token [redacted] --x"],
  ["one at the end of a sentence", "refused abcdef.0123456789abcdef.", "refused [redacted]."],
  ["a password in a URL", "https://me:pass@host/node.qcow2", "https://[redacted]@host/node.qcow2"],
])("%s is taken out", (_, text, clean) => {
  expect(redact(text)).toBe(clean);
});

test.each([
  ["a certificate", `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`],
  ["a certificate in base64", `certificate-authority-data: ${inBase64(`-----BEGIN CERTIFICATE-----\n${body}`)}`],
  ["a public key", `ssh-ed25519 ${body} operator`],
  ["the public half of a token", "secret bootstrap-token-abcdef in kube-system"],
  ["a hash", `sha256:${"0123456789abcdef".repeat(4)}`],
  ["a longer word around a token's form", "xabcdef.0123456789abcdef and abcdef.0123456789abcdef0"],
  ["addresses and versions", "https://192.168.222.10:6443 v1.36.3 10.244.0.0/16 qemu+ssh://me@host/system"],
  ["a mark Pulumi made", "kubeconfig: [secret]"],
  ["the word", "the private key at /root/.ssh/id_ed25519 cannot be read: no client-key-data"],
])("%s stays", (_, text) => {
  expect(redact(text)).toBe(text);
});

test("what stands in this project's own words stays", () => {
  for (const file of ["Pulumi.yaml", "README.md", "docs/operations.md", "toolchain/versions.json", "nix/node.toml"]) {
    const text = readFileSync(inCheckout(file), "utf8");
    expect(redact(text), file).toBe(text);
  }
});
