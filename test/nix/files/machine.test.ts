import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileText, readDeclaration } from "../../../image/declaration.ts";
import { temporaryFolder } from "../../support/folder.ts";

const declaration = readDeclaration();
const { paths } = declaration;
const key = "/etc/ssh/ssh_host_ed25519_key";

const MiB = 2 ** 20;

/** Fakes of programs for file systems. The folder "disk" is a disk; the file "ext4" in it marks its file system. */
const fileSystems = {
  blkid: `echo "blkid $*" >>"$SANDBOX/calls"; [ -z "$BLKID" ] || exit "$BLKID"; [ -e "$SANDBOX/disk/ext4" ] || exit 2`,
  mke2fs: `echo "mke2fs $*" >>"$SANDBOX/calls"; touch "$SANDBOX/disk/ext4"`,
  e2fsck: `echo "e2fsck $*" >>"$SANDBOX/calls"; exit "\${E2FSCK:-0}"`,
  resize2fs: `echo "resize2fs $*" >>"$SANDBOX/calls"; exit "\${RESIZE2FS:-0}"`,
};

/** Fakes of programs that need a kernel. A mount is a link, so a file that is written through it is on the disk. */
const kernel = {
  mountpoint: `[ -L "$2" ]`,
  mount: `case $1 in
-o) rmdir "$4"; ln -s "$SANDBOX/disk" "$4"; mkdir -p "$SANDBOX/disk$(dirname "$ROOT")"; ln -sfn "$SANDBOX/disk" "$SANDBOX/disk$ROOT";;
--bind) rm -rf "$3"; ln -s "$2" "$3";;
esac`,
};

/** Machines with a root disk each, which share one data disk. */
class Sandbox {
  readonly folder = temporaryFolder();
  /** Size of every disk in MiB. The files are sparse. */
  mebibytes = 64;
  #machines = 0;

  /** @param programs Fakes. Without those of file systems, the real programs use the files as disks. */
  constructor(programs: Readonly<Record<string, string>> = { ...fileSystems, ...kernel }) {
    for (const [name, text] of Object.entries(programs)) {
      this.write(`bin/${name}`, `#!/bin/sh\n${text}\n`);
      chmodSync(this.path(`bin/${name}`), 0o755);
    }
    mkdirSync(this.path("disk"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Calls of the fakes of file systems. */
  get calls(): string[] {
    return this.has("calls") ? this.read("calls").trimEnd().split("\n") : [];
  }

  /** Creates a machine with a new root disk, and with disks of these serial numbers. Returns the name of the root. */
  machine(serials: readonly string[]): string {
    const root = `root-${++this.#machines}`;
    this.write(`${root}/sys/class/dmi/id/product_uuid`, `uuid-${this.#machines}\n`);
    for (const [index, serial] of ["", ...serials].entries()) {
      const name = `vd${"abc"[index]}`;
      this.write(`${root}/sys/block/${name}/serial`, serial);
      this.write(`${root}/sys/block/${name}/size`, `${(this.mebibytes * MiB) / 512}\n`);
      this.write(`${root}/dev/${name}`, "");
      truncateSync(this.path(`${root}/dev/${name}`), this.mebibytes * MiB);
    }
    symlinkSync("/dev/zero", this.path(`${root}/dev/zero`));
    this.write(`${root}${key}`, `private key of ${root}\n`);
    chmodSync(this.path(`${root}${key}`), 0o600);
    this.write(`${root}${key}.pub`, `public key of ${root}\n`);
    this.write(`${root}/etc/nodeforge/image.json`, "{}");
    return root;
  }

  /** Boots a root disk: runs the image's script with the folders of the machine instead of the system's. */
  boot(root: string, environment: Readonly<Record<string, string>> = {}) {
    const text = fileText(declaration, "files/machine.sh").replaceAll(
      /(?<![\w"}])\/(etc|var|sys|dev)\//g,
      `${this.path(root)}/$1/`,
    );
    return spawnSync("sh", ["-c", text], {
      env: {
        PATH: `${this.path("bin")}:${process.env.PATH}`,
        SANDBOX: this.folder,
        ROOT: this.path(root),
        BLKID: "",
        ...environment,
      },
      encoding: "utf8",
      timeout: 20_000,
    });
  }

  /** Boots a new control plane. */
  controlPlane(environment?: Readonly<Record<string, string>>) {
    const root = this.machine(["seed", "nodeforge-data"]);
    return { root, ...this.boot(root, environment) };
  }
}

const made = (root: string) =>
  `mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -L nodeforge-data ${root}/dev/vdc`;

describe("a machine without a data disk", () => {
  it("formats and mounts nothing", () => {
    const box = new Sandbox();
    const root = box.machine(["seed"]);
    expect(box.boot(root)).toMatchObject({ status: 0, stderr: "" });
    expect(box.calls).toEqual([]);
    for (const path of ["/var/lib/etcd", "/etc/kubernetes", paths.data]) expect(box.has(root + path), path).toBe(false);
    expect(box.read(root + key)).toBe(`private key of ${root}\n`);
  });
});

describe("a data disk", () => {
  it("that is blank is formatted once", () => {
    const box = new Sandbox();
    const first = box.controlPlane();
    expect(first).toMatchObject({ status: 0, stderr: "" });
    const device = box.path(`${first.root}/dev/vdc`);
    expect(box.calls).toEqual([
      `blkid --probe ${device}`,
      made(box.path(first.root)),
      `e2fsck -p ${device}`,
      `resize2fs ${device}`,
    ]);
    expect(box.boot(first.root).status).toBe(0);
    // A mounted file system is not checked again.
    expect(box.calls.filter((call) => call.startsWith("e2fsck"))).toHaveLength(1);
    expect(box.controlPlane().status).toBe(0);
    expect(box.calls.filter((call) => call.startsWith("e2fsck"))).toHaveLength(2);
    expect(box.calls.filter((call) => call.startsWith("mke2fs"))).toHaveLength(1);
  });

  it("is used with a smaller file system that cannot grow", () => {
    const box = new Sandbox();
    const { root, status, stderr } = box.controlPlane({ RESIZE2FS: "1" });
    expect([status, box.has(`${root}/var/lib/etcd`)]).toEqual([0, true]);
    expect(stderr).toBe(`the file system of ${box.path(root)}/dev/vdc did not grow to the size of the disk\n`);
  });

  it("keeps only the data of the cluster for the next root disk", () => {
    const box = new Sandbox();
    const first = box.controlPlane().root;
    const kept = ["/var/lib/etcd/db", "/etc/kubernetes/pki/ca.key", "/var/lib/kubelet/pki/kubelet.crt"];
    const lost = ["/var/lib/kubelet/config.yaml", paths.joined, paths["control-plane"]];
    for (const path of [...kept, ...lost]) box.write(first + path, "of the first");
    expect(box.boot(first).status).toBe(0);
    for (const path of [...kept, ...lost]) expect(box.has(first + path), path).toBe(true);
    const { root } = box.controlPlane();
    for (const path of kept) expect(box.read(root + path), path).toBe("of the first");
    for (const path of lost) expect(box.has(root + path), path).toBe(false);
    expect(box.has(`${root}/etc/kubernetes/manifests`)).toBe(true);
    const mode = (path: string) => (statSync(box.path(root + path)).mode & 0o777).toString(8);
    expect(["/var/lib/etcd", "/etc/kubernetes", "/var/lib/kubelet/pki"].map(mode)).toEqual(["700", "755", "755"]);
  });

  it.each(["4", "8"])("that makes blkid fail with %s is not formatted", (BLKID) => {
    const box = new Sandbox();
    const { root, status, stderr } = box.controlPlane({ BLKID });
    expect(status).toBe(1);
    expect(stderr).toContain(`${box.path(root)}/dev/vdc cannot be read`);
    expect(box.calls).toHaveLength(1);
    expect(box.has(`${root}/var/lib/etcd`)).toBe(false);
  });

  it("that cannot be read is not formatted, although blkid finds it blank", () => {
    const box = new Sandbox();
    const root = box.machine(["seed", "nodeforge-data"]);
    rmSync(box.path(`${root}/dev/vdc`));
    expect(box.boot(root).status).not.toBe(0);
    expect(box.calls.filter((call) => call.startsWith("mke2fs"))).toEqual([]);
    expect(box.has(`${root}/var/lib/etcd`)).toBe(false);
  });
});

describe("a data disk on which blkid finds nothing", () => {
  const places = { "its first byte": 0, "its middle": 31 * MiB + 5, "its last byte": 64 * MiB - 1 };

  it.each(Object.entries(places))("is not formatted if it has data at %s", (_, at) => {
    const box = new Sandbox();
    const root = box.machine(["seed", "nodeforge-data"]);
    const file = openSync(box.path(`${root}/dev/vdc`), "r+");
    writeSync(file, "x", at);
    closeSync(file);
    const { status, stderr } = box.boot(root);
    expect(status).toBe(1);
    expect(stderr).toContain("has data, but no file system that can be recognised. It was not formatted. Fix: e2fsck");
    expect(box.calls.filter((call) => !call.startsWith("blkid"))).toEqual([]);
  });

  it.each([
    ["its size is unknown", (box: Sandbox, root: string) => rmSync(box.path(`${root}/sys/block/vdc/size`))],
    [
      "it is shorter than its stated size",
      (box: Sandbox, root: string) => truncateSync(box.path(`${root}/dev/vdc`), 63 * MiB),
    ],
  ])("is not formatted if %s", (_, change) => {
    const box = new Sandbox();
    const root = box.machine(["seed", "nodeforge-data"]);
    change(box, root);
    expect(box.boot(root).status).toBe(1);
    expect(box.calls.filter((call) => call.startsWith("mke2fs"))).toEqual([]);
  });
});

describe("a data disk's file system", () => {
  it.each([
    ["that was repaired", "1", 0],
    ["with errors that need a manual repair", "4", 1],
    ["that cannot be checked", "8", 1],
  ])("%s (e2fsck %s) ends the unit with %i", (_, E2FSCK, expected) => {
    const box = new Sandbox();
    const { root, status, stderr } = box.controlPlane({ E2FSCK });
    expect(status).toBe(expected);
    expect(box.has(`${root}/var/lib/etcd`)).toBe(expected === 0);
    expect(stderr.includes("It was not mounted. Fix: e2fsck ")).toBe(expected !== 0);
  });
});

describe("a real ext4", () => {
  /** Creates a machine whose data disk the real programs have formatted. */
  function made() {
    const box = new Sandbox(kernel);
    // Below 512 MiB mke2fs uses another block size than for a real data disk.
    box.mebibytes = 1024;
    const root = box.machine(["seed", "nodeforge-data"]);
    const first = box.boot(root);
    expect(first.status, first.stderr).toBe(0);
    const device = box.path(`${root}/dev/vdc`);
    const onDisk = (...command: string[]) => spawnSync("debugfs", [...command, device], { encoding: "utf8" });
    box.write("ca.key", "precious");
    onDisk("-w", "-R", `write ${box.path("ca.key")} ca.key`);
    const zero = (at: number, length: number) => {
      const file = openSync(device, "r+");
      writeSync(file, Buffer.alloc(length), 0, length, at);
      closeSync(file);
    };
    // Nothing is mounted at the next boot.
    rmSync(box.path(`${root}${paths.data}`));
    return { box, root, device, zero, key: () => onDisk("-R", "cat ca.key").stdout };
  }

  it("without its superblock is not formatted, and the command that the unit names repairs it", () => {
    const { box, root, device, zero, key } = made();
    expect(key()).toBe("precious");
    zero(1024, 1024);
    const before = readFileSync(device);
    const { status, stderr } = box.boot(root);
    expect(status).toBe(1);
    expect(readFileSync(device).equals(before)).toBe(true);
    const [, fix = ""] = /Fix: (e2fsck -b \d+ \S+) repairs/.exec(stderr) ?? [];
    const [program = "", ...args] = fix.split(" ");
    expect(spawnSync(program, ["-y", ...args]).status).toBe(1);
    expect(box.boot(root).status).toBe(0);
    expect(key()).toBe("precious");
  });

  it("grows to the end of a disk that became larger while the machine was off", () => {
    const { box, root, device, key } = made();
    const mebibytes = () => {
      const { stdout } = spawnSync("dumpe2fs", ["-h", device], { encoding: "utf8" });
      const [count = 0, size = 0] = ["Block count", "Block size"].map((what) =>
        Number(new RegExp(`^${what}: +(\\d+)$`, "m").exec(stdout)?.[1]),
      );
      return (count * size) / MiB;
    };
    expect(mebibytes()).toBe(1024);
    truncateSync(device, 1536 * MiB);
    box.write(`${root}/sys/block/vdc/size`, `${(1536 * MiB) / 512}\n`);
    expect(box.boot(root).status).toBe(0);
    expect([mebibytes(), key()]).toEqual([1536, "precious"]);
    expect(spawnSync("e2fsck", ["-fn", device]).status).toBe(0);
  });

  it("that lost its first blocks is not formatted", () => {
    const { box, root, device, zero } = made();
    zero(0, 4 * MiB);
    const before = readFileSync(device);
    expect(box.boot(root).status).toBe(1);
    expect(readFileSync(device).equals(before)).toBe(true);
  });

  it("with an error that e2fsck repairs safely is repaired before it is mounted", () => {
    const { box, root, device, key } = made();
    spawnSync("debugfs", ["-w", "-R", "set_super_value free_blocks_count 1", device]);
    spawnSync("debugfs", ["-w", "-R", "set_super_value state 2", device]);
    const { status, stderr } = box.boot(root);
    expect([status, key()]).toEqual([0, "precious"]);
    expect(stderr).toMatch(/contains a file system with errors, check forced/);
    expect(spawnSync("e2fsck", ["-n", device]).status).toBe(0);
  });
});

describe("the ssh host key", () => {
  it("of the first root disk is kept by every later one", () => {
    const box = new Sandbox();
    const first = box.controlPlane().root;
    expect(box.read(first + key)).toBe(`private key of ${first}\n`);
    const second = box.controlPlane().root;
    expect(box.read(second + key)).toBe(`private key of ${first}\n`);
    expect(box.read(`${second}${key}.pub`)).toBe(`public key of ${first}\n`);
    expect(statSync(box.path(second + key)).mode & 0o777).toBe(0o600);
  });
});

describe("a first boot", () => {
  const noted = paths.machine;
  // Tells whether the file exists at each sync.
  const sync = `[ -e "$ROOT${noted}" ] && echo "sync with file" >>"$SANDBOX/calls" || echo "sync" >>"$SANDBOX/calls"`;

  it("counts as complete once everything before it is on the disk, and then no boot waits for the disk", () => {
    const box = new Sandbox({ ...fileSystems, ...kernel, sync });
    const root = box.machine(["seed"]);
    expect(box.boot(root)).toMatchObject({ status: 0, stderr: "" });
    expect(box.calls).toEqual(["sync", "sync with file"]);
    expect(box.read(root + noted)).toBe("uuid-1\n");
    expect(box.boot(root).status).toBe(0);
    expect(box.calls).toHaveLength(2);
  });

  it("does not count as complete when the disk fails", () => {
    const box = new Sandbox({ ...fileSystems, ...kernel, sync: "exit 1" });
    const root = box.machine(["seed"]);
    expect(box.boot(root).status).not.toBe(0);
    expect(box.has(root + noted)).toBe(false);
  });
});

describe("a root disk", () => {
  const files = [paths["control-plane"], paths.joined, "/var/lib/kubelet/config.yaml"];

  it("stays a node when its machine boots again", () => {
    const box = new Sandbox();
    const root = box.machine(["seed"]);
    box.boot(root);
    for (const path of files) box.write(root + path, "");
    expect(box.boot(root).status).toBe(0);
    for (const path of files) expect(box.has(root + path), path).toBe(true);
  });

  it("is no node in another machine", () => {
    const box = new Sandbox();
    const first = box.machine(["seed"]);
    box.boot(first);
    for (const path of [...files, "/var/lib/kubelet/pki/kept"]) box.write(first + path, "");
    const second = box.machine(["seed"]);
    for (const folder of ["etc", "var"])
      cpSync(box.path(`${first}/${folder}`), box.path(`${second}/${folder}`), { recursive: true });
    expect(box.boot(second).status).toBe(0);
    for (const path of files) expect(box.has(second + path), path).toBe(false);
    expect(box.has(`${second}/var/lib/kubelet/pki/kept`)).toBe(true);
    // From now on the root disk belongs to the second machine.
    for (const path of files) box.write(second + path, "");
    box.boot(second);
    for (const path of files) expect(box.has(second + path), path).toBe(true);
  });
});
