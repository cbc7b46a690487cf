import { coerce, lt, major, minor } from "semver";
import { missingPackages, type Purpose } from "../../tools/requirements.ts";
import { connectionProblem, libvirtSocket, membershipAdvice } from "../../tools/libvirt-daemon.ts";
import { run, which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

/** Checks whether libvirt listens on its socket and accepts this user. */
export async function checkLibvirt(path = libvirtSocket): Promise<Finding> {
  const problem = await connectionProblem(path);
  if (problem === undefined) return ok("libvirt", `listens on ${path}`);
  if (problem === "EACCES") return fail("libvirt", `your user may not connect to ${path}`, membershipAdvice);
  return fail(
    "libvirt",
    `nothing listens on ${path} (${problem})`,
    "`npm run up` starts libvirt; with systemd, `sudo systemctl start libvirtd` does too",
  );
}

/** Checks whether the programs for a purpose are installed. */
export function checkPrograms(purpose: Purpose, missing: readonly string[] = missingPackages(purpose)): Finding {
  const name = `${purpose} tools`;
  return missing.length === 0
    ? ok(name, "installed")
    : fail(
        name,
        `missing: ${missing.join(", ")}`,
        "`npm run up` installs them with apt-get; without apt-get, install the equivalents of these Debian packages",
      );
}

/** Checks whether Node has the major version that the packages and the language host need. */
export function checkNode(found: string = process.versions.node): Finding {
  return major(found) === major(versions.node)
    ? ok("node", found)
    : fail("node", found, `start the command with npm (npm run ...), which uses Node ${versions.node}`);
}

/**
 * Checks whether Go can build the tools that cannot be downloaded. Go downloads the release that go.mod names.
 * @param isNeeded Whether anything must be built.
 */
export async function checkGo(isNeeded: boolean, path = which("go")): Promise<Finding> {
  if (!isNeeded) return ok("go", "not needed, because nothing must be built");
  if (path === undefined)
    return fail(
      "go",
      "not installed",
      "`npm run up` installs it with apt-get; without apt-get, install Go 1.21 or later",
    );
  const text = await run(path, ["version"], { env: { GOTOOLCHAIN: "local" } });
  return judgeGo(/go(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? text);
}

/** Judges a version of Go. From 1.21 on, Go downloads the release that go.mod names. */
export function judgeGo(found: string, expected: string = versions.go): Finding {
  const version = coerce(found);
  if (version === null || lt(version, "1.21.0")) {
    return fail("go", found, `install Go ${expected}, or 1.21 or later, which downloads it`);
  }
  const isOlder = lt(version, `${major(expected)}.${minor(expected)}.0`);
  return isOlder ? warn("go", found, `nothing to fix: this Go downloads Go ${expected}`) : ok("go", found);
}
