import { execa } from "execa";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../lib/process.ts";

/** Container image, in the format that `ctr images import` reads. */
export interface NamedArchive {
  readonly name: string;
  readonly archive: Buffer;
}

/**
 * Imports container images into the containerd store of a tree. Runs the node's containerd on this machine, with its root in the tree.
 * @param binaries Folder with containerd and ctr.
 * @throws when containerd exits, with the end of its log, or when it opens no socket within 30 s.
 */
export async function fillStore(root: string, binaries: string, work: string, images: readonly NamedArchive[]) {
  const config = join(work, "containerd.toml");
  // A socket's path has at most 107 bytes, and the path of the cache may be long.
  const sockets = await mkdtemp(join(tmpdir(), "nodeforge-"));
  const socket = join(sockets, "containerd.sock");
  const store = join(root, "var/lib/containerd");
  await writeFile(config, storeConfig(store, join(work, "containerd-state"), socket));
  const daemon = execa(join(binaries, "containerd"), ["--config", config], {
    all: true,
    reject: false,
    forceKillAfterDelay: 10_000,
  });
  const ctr = (...args: string[]) =>
    run(join(binaries, "ctr"), ["--address", socket, "--namespace", "k8s.io", ...args]);
  try {
    await Promise.race([ready(socket), failOnExit(daemon)]);
    for (const { name, archive } of images) {
      const path = join(work, `${name}.tar`);
      await writeFile(path, archive);
      // Pinned, because kubelet's garbage collection must keep it on a full disk: a node cannot pull it again.
      await ctr("images", "import", "--local", "--label", "io.cri-containerd.pinned=pinned", path);
    }
    const listed = (await ctr("images", "ls", "--quiet")).split("\n");
    if (listed.length !== images.length)
      throw new Error(`containerd's store has ${listed.join(", ")}, expected ${images.length} images`);
  } finally {
    daemon.kill("SIGTERM");
    await daemon;
    await rm(sockets, { recursive: true });
  }
}

function storeConfig(store: string, state: string, socket: string): string {
  // An import needs none of these plugins, because this containerd runs no container and a node has no other snapshotter.
  const snapshotters = ["blockfile", "btrfs", "devmapper", "erofs", "native", "zfs"];
  const off = [
    "io.containerd.cri.v1.images",
    "io.containerd.cri.v1.runtime",
    "io.containerd.grpc.v1.cri",
    "io.containerd.nri.v1.nri",
    ...snapshotters.map((name) => `io.containerd.snapshotter.v1.${name}`),
  ];
  return [
    "version = 3",
    `root = ${JSON.stringify(store)}`,
    `state = ${JSON.stringify(state)}`,
    `disabled_plugins = ${JSON.stringify(off)}`,
    "[grpc]",
    `address = ${JSON.stringify(socket)}`,
    "",
  ].join("\n");
}

async function ready(socket: string) {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (await exists(socket)) return;
    await sleep(100);
  }
  throw new Error(`containerd did not open ${socket} within 30 s`);
}

/** Throws as soon as the daemon exits, with the end of its log. */
async function failOnExit(daemon: PromiseLike<{ readonly all: string }>) {
  const { all } = await daemon;
  throw new Error(
    `containerd exited before it opened its socket. The end of its log:\n${all.split("\n").slice(-20).join("\n")}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
