import { describe, expect, it } from "vitest";
import { BenchNode } from "./bench-node.ts";

const digest = "ab".repeat(32);
const archive = `/var/lib/nodeforge/bench/${digest}/scheduler`;

/** containerd, whose images are the lines of a file. An import adds NEW. */
const programs = `
ctr() {
  note "ctr $*"
  case "$4" in
  ls) cat "$FOLDER/names" ;;
  import)
    printf '%s\\n' \${NEW-} >>"$FOLDER/names"
    [[ -z \${BROKEN-} ]] || { echo "ctr: unrecognized image format" >&2; return 1; } ;;
  esac
}
flock() { :; }
`;

function node(): BenchNode {
  const made = new BenchNode(programs);
  made.write("names", "registry.k8s.io/pause:3.10\n");
  made.write(`bench/${digest}/scheduler`, "archive");
  return made;
}

const load = (made: BenchNode, environment = {}, SHA256 = digest) =>
  made.run({ script: "bench-images", parameters: { SHA256 } }, "", environment);

describe("the import of images", () => {
  it("remembers the new names, and removes the archive", () => {
    const made = node();
    const { status, stdout } = load(made, { NEW: "mine:1 mine:2" });
    expect([status, JSON.parse(stdout)]).toEqual([0, { images: 2 }]);
    expect(made.read("bench/images")).toBe("mine:1\nmine:2\n");
    expect(made.has(`bench/${digest}`)).toBe(false);
    expect(made.calls).toContain(`ctr --namespace k8s.io images import --local ${archive}`);
  });

  it("remembers no image that was there before", () => {
    const made = node();
    const { status, stdout } = load(made, { NEW: "registry.k8s.io/pause:3.10" });
    expect([status, JSON.parse(stdout), made.has("bench/images")]).toEqual([0, { images: 0 }, false]);
  });

  it("that fails remembers what it has brought", () => {
    const made = node();
    const { status, stderr } = load(made, { NEW: "mine:1", BROKEN: "yes" });
    expect([status, made.read("bench/images")]).toEqual([1, "mine:1\n"]);
    expect(stderr).toContain("FAILED: containerd did not import the archive: ctr: unrecognized image format. Fix: ");
  });

  it.each([
    ["x", "SHA256 is x, expected 64 hexadecimal digits"],
    ["cd".repeat(32), "the control plane has no archive with the SHA-256"],
  ])("is refused for %s", (sha256, message) => {
    const { status, stderr } = load(node(), {}, sha256);
    expect(status).toBe(1);
    expect(stderr).toContain(`FAILED: ${message}`);
  });
});
