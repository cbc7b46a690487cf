import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { readDeclaration } from "../../image/declaration.ts";
import { manifestPlace } from "../../image/manifest.ts";
import { qcow2 } from "../support/qcow2.ts";
import { writeImage, writeKey } from "./material.ts";
import { TestStack } from "./stack.ts";

describe("a wrong configuration", () => {
  it("is refused with one error that names every wrong key, before anything is created", async () => {
    await using stack = await TestStack.create({
      workers: "many",
      masterVcpus: 1,
      networkCidr: "192.168.222.1/24",
      workerLabels: ["disk=ssd", "two words"],
      wrokers: 3,
    });
    for (const outcome of [await stack.preview(), await stack.up()]) {
      expect(outcome.succeeded).toBe(false);
      for (const key of ["workers", "masterVcpus", "networkCidr", "workerLabels", "wrokers"]) {
        expect(outcome.text).toContain(`nodeforge:${key}: expected `);
      }
      expect(outcome.text).toContain("did you mean workers?");
      // A stack trace does not help a user.
      expect(outcome.text).not.toMatch(/^\s+at /m);
      expect(outcome.calls.list).toEqual([]);
    }
    expect([...stack.world.things]).toEqual([]);
  });

  it("is refused with a reason for each key: a URI that starts a program, a passphrase, a range, a folder, a size", async () => {
    await using stack = await TestStack.create();
    const [marker, program] = [join(stack.folder, "ran"), join(stack.folder, "program")];
    await writeFile(program, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    const key = join(stack.folder, "guarded");
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret", "-f", key]);
    const backed = join(stack.folder, "backed.qcow2");
    await writeFile(backed, qcow2({ 8: 512n, 16: 11 }));
    const settings = {
      libvirtUri: `qemu+ssh://host/system?command=${program}`,
      sshPublicKey: `${key}.pub`,
      serviceCidr: "10.96.0.0/29",
      storagePoolPath: "/var/lib/libvirt/images/../../../etc",
      masterDiskGiB: 999_999_999,
      image: backed,
    };
    for (const outcome of [await stack.preview(settings), await stack.up(settings)]) {
      expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
      for (const said of [
        "nodeforge:libvirtUri: expected a URI with no parameters but keyfile, mode, socket, sshauth, not `command` with this value",
        `nodeforge:sshPrivateKeyPath: expected a key without a passphrase, or sshAgent, got "${key}"`,
        "nodeforge:serviceCidr: expected an IPv4 network address with a prefix of 12 to 28",
        "nodeforge:storagePoolPath: expected an absolute path with at least two parts",
        "nodeforge:masterDiskGiB: expected at most 16384, got 999999999",
        "nodeforge:image: expected a qcow2 image without a backing file (`qemu-img convert` makes one)",
      ]) {
        // The output of a preview is JSON.
        expect(outcome.text.replaceAll('\\"', '"')).toContain(said);
      }
    }
    expect(existsSync(marker)).toBe(false);
  });

  it("does not change an existing cluster", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const { succeeded, calls } = await stack.up({ workers: -1 });
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a cluster that was created with a key of ~/.ssh", () => {
  it("keeps the key where nothing names another one, and warns", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await mkdir(join(stack.folder, "home", ".ssh"), { recursive: true });
    const key = await writeKey(join(stack.folder, "home", ".ssh"), "id_ed25519");
    expect((await stack.up({ sshPublicKey: `${key}.pub` })).text).not.toContain("this cluster was made with");
    const { sshPublicKey, ...others } = stack.settings;
    expect(sshPublicKey).toBe(`${key}.pub`);
    stack.settings = others;
    stack.moveHome(join(stack.folder, "home"));
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([true, []]);
    expect(text).toContain(
      `This cluster was created with ${key}.pub, so the private key beside it is in the stack's state`,
    );
  });
});

describe("an image", () => {
  it("of another contract, or with the manifest of another image, is refused before anything is created", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    const [needed, sha256] = [readDeclaration().contract, "0".repeat(64)];
    const image = await writeImage(stack.folder, "other.qcow2", "second", { contract: needed + 1, sha256 });
    for (const outcome of [await stack.preview({ image }), await stack.up({ image })]) {
      expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
      expect(outcome.text).toContain(`nodeforge:image: expected an image of contract ${needed}, which`);
      expect(outcome.text).toContain(`an image of contract ${needed + 1} (${manifestPlace(image)})`);
      expect(outcome.text).toContain(
        `nodeforge:image: expected the file that its manifest describes, SHA-256 ${sha256}`,
      );
    }
    expect([...stack.world.things]).toEqual([]);
  });

  it("without a manifest is used, with a warning", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    const image = await writeImage(stack.folder, "own.qcow2", "second");
    expect((await stack.up({ image })).text).not.toContain("has no manifest");
    await rm(manifestPlace(image));
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([true, []]);
    expect(text).toContain(`${image} has no manifest`);
  });
});

describe("a cluster on an existing pool and network", () => {
  it("creates, changes and deletes neither", async () => {
    await using stack = await TestStack.create({ workers: 1, storagePool: "theirs", network: "their-net" });
    stack.world.add({ urn: "", type: "libvirt:index/pool:Pool", id: "1", taken: "theirs", properties: {} }, false);
    stack.world.add(
      { urn: "", type: "libvirt:index/network:Network", id: "2", taken: "their-net", properties: {} },
      false,
    );
    stack.guests.chooseAddress("lab-master", "192.168.222.10");
    const up = await stack.up();
    expect(up.succeeded, up.text).toBe(true);
    expect(up.calls.list.filter((operation) => /Pool|Network/.test(operation))).toEqual([]);
    expect([...stack.world.reservations]).toEqual([]);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things].map(({ taken }) => taken)).toEqual(["theirs", "their-net"]);
  });
});
