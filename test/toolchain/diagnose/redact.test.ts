import { expect, it } from "vitest";
import { redact } from "../../../toolchain/diagnose/redact.ts";

it.each([
  ["kubeadm join --token abcdef.0123456789abcdef --x", "abcdef.0123456789abcdef"],
  ['"token": "abcdef.0123456789abcdef"', "0123456789abcdef"],
  ["-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----", "c2VjcmV0"],
  ["x\n-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0", "c2VjcmV0"],
  ["    client-key-data: c2VjcmV0", "c2VjcmV0"],
  ["Authorization: Bearer c2VjcmV0.x", "c2VjcmV0"],
  ["token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"],
])("%j loses its secret", (text, secret) => {
  expect(redact(text)).not.toContain(secret);
});

it.each([
  "worker-node-1: Ready=False KubeletNotReady: container runtime network not ready",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL",
  "-----BEGIN CERTIFICATE-----",
  "dial tcp 192.168.222.10:6443: connect: connection refused",
])("%j stays as it is", (text) => {
  expect(redact(text)).toBe(text);
});
