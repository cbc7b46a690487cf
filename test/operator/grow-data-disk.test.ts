import { describe, expect, it } from "vitest";
import { TestHypervisor } from "./hypervisor.ts";

const disk = "/pools/lab-master-data-01234567.qcow2";
const GiB = 2 ** 30;
const snapshot = (name: string, id: string) =>
  `<snapshot name="${name}" id="${id}" created="2026-01-01T00:00:00Z" nodes="master"/>`;

/** State of the machine; virsh answers accordingly. */
interface Given {
  readonly state?: string;
  readonly sizeGiB?: number;
  /** Names and ids of the recorded snapshots. */
  readonly records?: readonly (readonly [name: string, id: string])[];
  /** Tags of the disk. */
  readonly tags?: readonly string[];
  /** Commands before the answers. */
  readonly before?: string;
  /** Fakes of programs on the node, as shell functions. */
  readonly node?: string;
}

const answer = (value: object) => `echo '${JSON.stringify(value)}'`;

/** Runs the script on a simulated hypervisor. The node runs the program of the guest agent for real, in another root. */
async function grow(given: Given = {}, SIZE_GIB = "12") {
  const { state = "running", sizeGiB = 10, records = [], tags = [], before = "", node = "" } = given;
  const image = { snapshots: tags.map((name) => ({ name })) };
  const devices = [{ inserted: { "node-name": "data", drv: "qcow2", ro: false, file: disk, image } }];
  const hypervisor = new TestHypervisor(`${before}
[ -e size ] || echo ${sizeGiB * GiB} >size
[ -e tags ] || echo '${JSON.stringify({ return: devices })}' >tags
request=$3
case $1 in
domstate) echo "${state}" ;;
domblkinfo) printf 'Capacity:       %s\\nAllocation:     1\\nPhysical:       2\\n' "$(cat size)" ;;
blockresize) echo "\${4%B}" >size ;;
metadata) ${
    records.length === 0
      ? "echo 'error: metadata not found: Requested metadata element is not present' >&2; exit 1"
      : `echo '<snapshots>${records.map(([name, id]) => snapshot(name, id)).join("")}</snapshots>'`
  } ;;
qemu-monitor-command)
  case $request in
  *query-block*) cat tags ;;
  *snapshot-delete*) echo "$request" >deleted; sed 's/"snapshots":\\[[^]]*\\]/"snapshots":[]/' tags >rest; mv rest tags
    echo "$request" | sed 's/.*"job-id":"\\([^"]*\\)".*/\\1/' >job; ${answer({ return: {} })} ;;
  *query-jobs*) printf '{"return":[{"id":"%s","status":"concluded"}]}' "$(cat job)" ;;
  *) ${answer({ return: {} })} ;;
  esac ;;
qemu-agent-command)
  request=$5
  case $request in
  *guest-exec-status*) printf '{"return":{"exited":true,"exitcode":%s,"err-data":"%s"}}' "$(cat code)" "$(base64 -w 0 <err)" ;;
  *)
    printf '%s' "$request" | ${process.execPath} -p "JSON.parse(require('fs').readFileSync(0)).arguments.arg.join('\\n')" >arguments
    mkdir -p sys/block/vda sys/block/vdc proc
    : >sys/block/vda/serial
    [ -e sys/block/vdc/serial ] || printf nodeforge-data >sys/block/vdc/serial
    [ -e sys/block/vdc/size ] || echo "$(($(cat size) / 512))" >sys/block/vdc/size
    [ -e proc/mounts ] || echo '/dev/vdc /var/lib/nodeforge ext4 rw,noatime 0 0' >proc/mounts
    { cat <<'NODE'
timeout() { shift; "$@"; }
resize2fs() { echo "resize2fs $*" >>grown; }
sleep() { :; }
${node}
NODE
      # Without -c before it, and the name and the parameter behind it.
      sed '1d' arguments | head -n -2 | sed "s|/sys/|$PWD/sys/|g; s|/proc/|$PWD/proc/|g"; } >program
    code=0; sh program "$(tail -n 1 arguments)" 2>err || code=$?
    echo "$code" >code; echo '{"return":{"pid":7}}' ;;
  esac ;;
*) echo "error: unexpected $1" >&2; exit 1 ;;
esac`);
  const outcome = await hypervisor.run("grow-data-disk", { DOMAIN: "lab-master", DISK: disk, SIZE_GIB });
  const read = (file: string) => {
    try {
      return hypervisor.read(file);
    } catch {
      return "";
    }
  };
  const calls = hypervisor.calls.map((call) => call.replace("-q -c qemu:///system ", ""));
  return { ...outcome, grown: read("grown"), deleted: read("deleted"), calls, resized: calls.filter(isResize) };
}

const isResize = (call: string) => call.startsWith("blockresize");
const failure = (reason: string) => `the data disk of lab-master did not grow to 12 GiB: ${reason}\n`;

describe("grow-data-disk.ts", () => {
  it("grows the disk, and then the file system to its end", async () => {
    const { status, stdout, stderr, resized, grown } = await grow();
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    expect(resized).toEqual([`blockresize lab-master ${disk} ${12 * GiB}B`]);
    expect(grown).toBe("resize2fs /dev/vdc\n");
  });

  it.each([
    ["the size", 12],
    ["a larger size", 15],
  ])("leaves a disk as it is that has %s already, and completes the file system", async (_, sizeGiB) => {
    const { status, resized, grown } = await grow({ sizeGiB });
    expect([status, resized, grown]).toEqual([0, [], "resize2fs /dev/vdc\n"]);
  });

  it.each(["shut off", "paused", "pmsuspended"])("refuses a machine that is %s", async (state) => {
    const { status, stderr, calls } = await grow({ state });
    expect([status, stderr]).toEqual([1, failure(`the machine is ${state}. Fix: npm run start, then npm run up`)]);
    expect(calls).toEqual(["domstate lab-master"]);
  });

  it("repeats a call of the guest agent that does not answer", async () => {
    const before = `[ "$1" != qemu-agent-command ] || [ -e tried ] || { touch tried; echo 'error: agent is not connected' >&2; exit 1; }`;
    const { status, grown, resized } = await grow({ before });
    expect([status, grown, resized.length]).toEqual([0, "resize2fs /dev/vdc\n", 1]);
  });

  it("names the reason of virsh", async () => {
    const before = `[ "$1" != blockresize ] || { echo 'error: No space left on device' >&2; exit 1; }`;
    const { status, stderr, grown } = await grow({ before });
    expect([status, stderr, grown]).toEqual([1, failure("error: No space left on device"), ""]);
  });

  it("names what virsh does not tell", async () => {
    const { status, stderr, resized } = await grow({ before: '[ "$1" != domblkinfo ] || exit 0' });
    expect([status, resized]).toEqual([1, []]);
    expect(stderr).toBe(failure(`virsh domblkinfo lab-master ${disk} names no capacity`));
  });
});

describe("a data disk with snapshots", () => {
  it("does not grow, and the message names them and the commands that delete them", async () => {
    const tags = ["nodeforge-1", "nodeforge-2"];
    const { status, stderr, resized, deleted } = await grow({
      records: [
        ["before", "1"],
        ["after", "2"],
      ],
      tags,
    });
    expect([status, resized, deleted]).toEqual([1, [], ""]);
    expect(stderr).toBe(
      failure(
        "a disk with snapshots cannot grow, and the cluster has before, after. " +
          "Fix: npm run snapshot -- delete before; npm run snapshot -- delete after",
      ),
    );
  });

  it("does not grow with one that nodeforge did not take", async () => {
    const { status, stderr, resized, deleted } = await grow({ tags: ["mine"] });
    expect([status, resized, deleted]).toEqual([1, [], ""]);
    expect(stderr).toBe(
      failure("a disk with snapshots cannot grow, and libvirt has mine. Fix: virsh snapshot-delete lab-master NAME"),
    );
  });

  it("loses the tags of a replaced control plane, and grows", async () => {
    const { status, deleted, resized } = await grow({ tags: ["nodeforge-1"] });
    expect([status, resized.length]).toEqual([0, 1]);
    expect(JSON.parse(deleted)).toMatchObject({ execute: "snapshot-delete", arguments: { tag: "nodeforge-1" } });
  });

  it("is left as it is when it has the size already", async () => {
    expect(await grow({ sizeGiB: 12, records: [["before", "1"]], tags: ["nodeforge-1"] })).toMatchObject({
      status: 0,
      deleted: "",
    });
  });
});

describe("the file system", () => {
  it.each([
    ["on a machine without the disk", "printf other >sys/block/vdc/serial", "the machine has no data disk"],
    [
      "that is not mounted",
      "mkdir -p proc; echo '/dev/vdcx / ext4 rw 0 0' >proc/mounts",
      "the data disk is not mounted. Fix: npm run diagnose names the cause",
    ],
    [
      "whose machine does not see the new size",
      `echo ${(10 * GiB) / 512} >sys/block/vdc/size`,
      "the machine still sees the former size after 30 s",
    ],
  ])("%s is not grown", async (_, prepare, reason) => {
    const { status, stderr, grown } = await grow({ before: `mkdir -p sys/block/vdc; ${prepare}` });
    expect([status, stderr, grown]).toEqual([1, failure(reason), ""]);
  });

  it("that resize2fs refuses fails with its last line", async () => {
    const node = `resize2fs() { echo 'resize2fs 1.47.0' >&2; echo 'resize2fs: Permission denied to resize filesystem' >&2; return 1; }`;
    const { status, stderr } = await grow({ node });
    expect([status, stderr]).toEqual([
      1,
      failure("resize2fs failed: resize2fs: Permission denied to resize filesystem"),
    ]);
  });

  it("waits for the new size", async () => {
    const node = `sleep() { echo ${(12 * GiB) / 512} >"$PWD/sys/block/vdc/size"; }`;
    const before = `mkdir -p sys/block/vdc; [ -e sys/block/vdc/size ] || echo 1 >sys/block/vdc/size`;
    const { status, grown } = await grow({ node, before });
    expect([status, grown]).toEqual([0, "resize2fs /dev/vdc\n"]);
  });
});
