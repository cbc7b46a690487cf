import { describe, expect, test } from "vitest";
import { effectiveConfiguration } from "../../../cli/runs/configuration.ts";

const recorded = (all: Record<string, unknown>) => effectiveConfiguration({ all });

describe("the configuration in the record of a run", () => {
  test("has every setting as it is", () => {
    const all = { workers: "2", smokeCheck: true, drain: null, workerPools: [{ name: "a", labels: ["x=y"] }] };
    expect(recorded(all)).toEqual(all);
  });

  test("has no secret, however deep it is", () => {
    const secret = { secure: "v1:abc:def" };
    expect(recorded({ token: secret, workerPools: [{ password: secret, name: "a" }] })).toEqual({
      token: "[secret]",
      workerPools: [{ password: "[secret]", name: "a" }],
    });
  });

  test("has an object with more keys than that of a secret", () => {
    const settings = { tls: { secure: "yes", mode: "strict" } };
    expect(recorded(settings)).toEqual(settings);
  });

  test.each([
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@host",
    "  ssh-rsa AAAAB3Nz",
    "ecdsa-sha2-nistp256 AAAAE2Vj",
    "sk-ssh-ed25519@openssh.com AAAAGnNr",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n",
  ])("has no text of a key: %j", (text) => {
    expect(recorded({ sshPublicKey: text, keys: [text] })).toEqual({ sshPublicKey: "[key]", keys: ["[key]"] });
  });

  test.each(["~/.ssh/id_ed25519.pub", "/keys/ssh-ed25519 AAAA.pub", "ssh-agent", ""])(
    "has the path of a key: %j",
    (path) => {
      expect(recorded({ sshPublicKey: path })).toEqual({ sshPublicKey: path });
    },
  );
});
