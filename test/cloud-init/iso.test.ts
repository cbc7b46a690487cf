import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeIso, writtenIso } from "../../cloud-init/iso.ts";
import { cacheRoot, seedFolder } from "../../lib/cache-root.ts";

const seed = {
  files: {
    "meta-data": "local-hostname: master\n",
    "user-data": "#cloud-config\nfqdn: own\n",
    "network-config": "{}\n",
  },
  digest: "c3dbf95c9670",
};
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(() => {
  // The mode of a home folder: every user may enter it, only its owner may change it.
  folder = mkdtempSync(join(tmpdir(), "nodeforge-seeds-test-"));
  chmodSync(folder, 0o755);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const seeds = () => join(folder, "seeds");
const mode = (path: string) => statSync(path).mode & 0o777;

describe("a seed disk's image", () => {
  it("is the only file in a folder that only its owner can enter", () => {
    const path = writeIso(seed, seeds());
    expect(path).toBe(join(seeds(), "c3dbf95c9670.iso"));
    expect(mode(seeds())).toBe(0o700);
    expect(readdirSync(seeds())).toEqual(["c3dbf95c9670.iso"]);
    const image = readFileSync(path, "latin1");
    for (const text of Object.values(seed.files)) expect(image).toContain(text);
  });

  it("replaces an existing file of its name", () => {
    mkdirSync(seeds(), { mode: 0o700 });
    writeFileSync(join(seeds(), "c3dbf95c9670.iso"), "MALLORY USER-DATA");
    const image = readFileSync(writeIso(seed, seeds()), "latin1");
    expect(image).toContain("fqdn: own");
    expect(image).not.toContain("MALLORY");
  });

  it("replaces a link, and does not change the link's target", () => {
    const precious = join(folder, "precious");
    writeFileSync(precious, "precious");
    mkdirSync(seeds(), { mode: 0o700 });
    symlinkSync(precious, join(seeds(), "c3dbf95c9670.iso"));
    writeIso(seed, seeds());
    expect(readFileSync(precious, "utf8")).toBe("precious");
    expect(readFileSync(join(seeds(), "c3dbf95c9670.iso"), "latin1")).toContain("fqdn: own");
  });

  it("is found again, and only under its own digest", () => {
    expect(writtenIso(seed, seeds())).toBeUndefined();
    const path = writeIso(seed, seeds());
    expect(writtenIso(seed, seeds())).toBe(path);
    expect(writtenIso({ ...seed, digest: "000000000000" }, seeds())).toBeUndefined();
  });

  it("can be written by several runs at the same time", async () => {
    const program = `import { writeIso } from ${JSON.stringify(join(import.meta.dirname, "../../cloud-init/iso.ts"))};
      writeIso(${JSON.stringify(seed)}, ${JSON.stringify(seeds())});`;
    const { execa } = await import("execa");
    await Promise.all([1, 2, 3].map(() => execa(process.execPath, ["--input-type=module", "-e", program])));
    expect(readdirSync(seeds())).toEqual(["c3dbf95c9670.iso"]);
  });
});

describe("a folder of seeds that another user can change is refused:", () => {
  const refused = (pattern: RegExp) => {
    expect(() => writeIso(seed, seeds())).toThrow(pattern);
    expect(() => writtenIso(seed, seeds())).toThrow(pattern);
    expect(existsSync(join(seeds(), "c3dbf95c9670.iso"))).toBe(false);
  };

  it.each([0o777, 0o770, 0o755, 0o701])("a folder with mode %o", (bits) => {
    mkdirSync(seeds());
    chmodSync(seeds(), bits);
    refused(
      /cannot hold private files: .*\/seeds has mode 0\d{3}, expected 0700\. Fix: inspect its files, then remove it, or set XDG_CACHE_HOME/,
    );
    expect(mode(seeds())).toBe(bits);
  });

  it("a link to a private folder", () => {
    mkdirSync(join(folder, "other"), { mode: 0o700 });
    symlinkSync(join(folder, "other"), seeds());
    refused(/seeds is not a folder\. Fix: remove it/);
  });

  it("a file", () => {
    writeFileSync(seeds(), "");
    expect(() => writeIso(seed, seeds())).toThrow(/seeds is not a folder\. Fix: remove it/);
  });

  it("a folder below one in which other users can rename it", () => {
    mkdirSync(join(folder, "open"));
    chmodSync(join(folder, "open"), 0o777);
    expect(() => writeIso(seed, join(folder, "open", "seeds"))).toThrow(/open has mode 0777, .*run `chmod go-w/);
    // With the sticky bit only the owner can rename, as in /tmp.
    chmodSync(join(folder, "open"), 0o1777);
    expect(existsSync(writeIso(seed, join(folder, "open", "seeds")))).toBe(true);
  });

  it.runIf(isRoot)("a folder of another user, or below a folder of another user", () => {
    mkdirSync(seeds(), { mode: 0o700 });
    chownSync(seeds(), 54_321, 54_321);
    refused(/seeds belongs to user 54321, expected 0\. Fix: remove it/);
    mkdirSync(join(folder, "theirs"));
    chownSync(join(folder, "theirs"), 54_321, 54_321);
    expect(() => writeIso(seed, join(folder, "theirs", "seeds"))).toThrow(
      /theirs belongs to user 54321, expected 0 or root/,
    );
  });
});

describe("the folder of seeds", () => {
  it("is in the cache of the user", () => {
    vi.stubEnv("XDG_CACHE_HOME", folder);
    chmodSync(folder, 0o700);
    expect(writeIso(seed)).toBe(join(folder, "nodeforge", "seeds", "c3dbf95c9670.iso"));
    expect(seedFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/nodeforge\/seeds$/);
    expect(seedFolder({})).toMatch(/\/\.cache\/nodeforge\/seeds$/);
  });

  it("does not depend on NODEFORGE_CACHE, which users may share", () => {
    const environment = { NODEFORGE_CACHE: "/srv/cache", XDG_CACHE_HOME: "/home/me/cache" };
    expect(cacheRoot(environment)).toBe("/srv/cache");
    expect(seedFolder(environment)).toBe("/home/me/cache/nodeforge/seeds");
  });
});

/** Numbers of users that do not exist on this machine. */
const mallory = 61_234;
const victim = 61_235;

describe.runIf(isRoot)("of two users on one machine", () => {
  const as = (user: number, command: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    execFileSync("setpriv", [`--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...command], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      cwd: "/",
      env: { PATH: process.env.PATH, HOME: "/nonexistent", ...environment },
    });

  /** Copies the program's sources, because the victim may not be able to read a checkout of root. */
  function program(): string {
    const copy = join(folder, "program");
    for (const file of ["cloud-init/iso.ts", "lib/cache-root.ts", "lib/files.ts", "lib/private-files.ts"]) {
      mkdirSync(join(copy, file, ".."), { recursive: true });
      writeFileSync(join(copy, file), readFileSync(join(import.meta.dirname, "../..", file)));
    }
    writeFileSync(join(copy, "package.json"), '{"type":"module"}');
    writeFileSync(
      join(copy, "run.ts"),
      `import { writeIso } from "./cloud-init/iso.ts";\nprocess.stdout.write(writeIso(${JSON.stringify(seed)}));\n`,
    );
    copyFileSync(process.execPath, join(copy, "node"));
    return copy;
  }

  it("neither can replace a seed of the other, before or after it is written", () => {
    const copy = program();
    const shared = join(folder, "tmp");
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const home = join(folder, "home");
    mkdirSync(home, { mode: 0o755 });
    chownSync(home, victim, victim);
    const trap = join(shared, `nodeforge-seeds-${victim}`);
    as(mallory, ["sh", "-c", `umask 0; mkdir -m 0777 ${trap}; printf MALLORY >${trap}/${seed.digest}.iso`]);
    const run = (environment: NodeJS.ProcessEnv) => as(victim, [join(copy, "node"), join(copy, "run.ts")], environment);

    const path = run({ HOME: home, TMPDIR: shared });
    expect(path).toBe(join(home, ".cache/nodeforge/seeds", `${seed.digest}.iso`));
    expect(readFileSync(path, "latin1")).not.toContain("MALLORY");
    expect(() => as(mallory, ["sh", "-c", `printf MALLORY >${path}`])).toThrow("Permission denied");
    expect(() => as(mallory, ["mv", join(home, ".cache/nodeforge/seeds"), join(shared, "moved")])).toThrow(
      "Permission denied",
    );

    // A cache in a folder of all users, in which the other user was first.
    as(mallory, ["sh", "-c", `umask 0; mkdir -p -m 0777 ${shared}/nodeforge/seeds`]);
    expect(() => run({ XDG_CACHE_HOME: shared })).toThrow(
      new RegExp(`belongs to user ${mallory}, expected ${victim}\\. Fix: remove it`),
    );
  });
});
