import { coerce, lt, major, minor } from "semver";
import { missingPackages, type Purpose } from "../../tools/requirements.ts";
import { connectionProblem, libvirtSocket, membershipAdvice } from "../../tools/libvirt-daemon.ts";
import { run, which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

/** Whether libvirt listens and lets this user in. */
export async function checkLibvirt(path = libvirtSocket): Promise<Finding> {
  const problem = await connectionProblem(path);
  if (problem === undefined) return ok("libvirt", `listens on ${path}`);
  if (problem === "EACCES") return fail("libvirt", `this user may not connect to ${path}`, membershipAdvice);
  return fail(
    "libvirt",
    `nothing listens on ${path} (${problem})`,
    "`npm run up` starts it; where systemd runs, so does `sudo systemctl start libvirtd`",
  );
}

/** Whether the programs for a purpose are installed. */
export function checkPrograms(purpose: Purpose, missing: readonly string[] = missingPackages(purpose)): Finding {
  const name = `${purpose} tools`;
  return missing.length === 0
    ? ok(name, "installed")
    : fail(
        name,
        `missing: ${missing.join(", ")}`,
        "`npm run up` installs them where there is apt-get; elsewhere install what has these names in Debian",
      );
}

/** Whether this is the Node that the packages and the language host want. */
export function checkNode(found: string = process.versions.node): Finding {
  return major(found) === major(versions.node)
    ? ok("node", found)
    : fail("node", found, `start through npm (npm run ...), which brings Node ${versions.node}`);
}

/** Whether there is a compiler that can build what cannot be downloaded; it fetches the wanted release itself. */
export async function checkGo(path = which("go")): Promise<Finding> {
  if (path === undefined)
    return fail(
      "go",
      "not installed",
      "`npm run up` installs it where there is apt-get; elsewhere install Go 1.21 or later",
    );
  const text = await run(path, ["version"], { env: { GOTOOLCHAIN: "local" } });
  return judgeGo(/go(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? text);
}

/** The judgement of {@link checkGo}: from 1.21 on, Go downloads the release that go.mod names. */
export function judgeGo(found: string, wanted: string = versions.go): Finding {
  const version = coerce(found);
  if (version === null || lt(version, "1.21.0")) {
    return fail("go", found, `install Go ${wanted}, or any from 1.21 on, which fetches it`);
  }
  const isOlder = lt(version, `${major(wanted)}.${minor(wanted)}.0`);
  return isOlder ? warn("go", found, `nothing to do: it fetches Go ${wanted}`) : ok("go", found);
}
