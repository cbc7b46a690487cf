import type { NodeDeclaration, Timer, Unit } from "../declaration.ts";

/** Text of a unit's file, `<name>.service`. */
export function unitFile(unit: Unit, restart: NodeDeclaration["restart"]): string {
  const repeats = unit.type !== "oneshot";
  const unitLines = [
    `Description=${unit.description}`,
    unit.early && "DefaultDependencies=no",
    unit.early && "Conflicts=shutdown.target",
    list("Wants", unit.wants),
    list("After", unit.after),
    list("Before", unit.early ? [...(unit.before ?? []), "shutdown.target"] : unit.before),
    unit.condition && `ConditionPathExists=${unit.condition}`,
    // A unit that waits for something outside this machine may fail for minutes: never give up.
    repeats && "StartLimitIntervalSec=0",
  ];
  const serviceLines = [
    `Type=${unit.type}`,
    ...(unit["environment-files"] ?? []).map((path) => `EnvironmentFile=${path}`),
    ...(unit["optional-environment-files"] ?? []).map((path) => `EnvironmentFile=-${path}`),
    // systemd looks a bare name up in its own list of directories.
    `ExecStart=${unit.exec.join(" ")}`,
    unit["exec-after"] && `ExecStartPost=${unit["exec-after"].join(" ")}`,
    unit.remain && "RemainAfterExit=yes",
    unit["start-timeout"] && `TimeoutStartSec=${unit["start-timeout"]}`,
    repeats && `Restart=${restart.policy}`,
    repeats && `RestartSec=${restart.seconds}`,
    ...Object.entries(unit.service ?? {}).map(([key, value]) => `${key}=${value}`),
  ];
  return [
    section("Unit", unitLines),
    section("Service", serviceLines),
    section("Install", [list("WantedBy", wantedBy(unit))]),
  ].join("\n");
}

/** Text of the file of a unit's timer, `<name>.timer`. */
export function timerFile(unit: Unit, timer: Timer): string {
  return [
    section("Unit", [`Description=${unit.description}`]),
    section("Timer", [`OnCalendar=${timer.calendar}`, `RandomizedDelaySec=${timer["random-delay"]}`]),
    section("Install", [list("WantedBy", [timerTarget])]),
  ].join("\n");
}

/** The target that starts timers. */
export const timerTarget = "timers.target";

/** The targets that start a unit. */
export function wantedBy(unit: Unit): readonly string[] {
  return unit["wanted-by"] ?? ["multi-user.target"];
}

type Line = string | false | undefined;

function section(name: string, lines: readonly Line[]): string {
  return `[${name}]\n${lines
    .filter((line) => line)
    .map((line) => `${line as string}\n`)
    .join("")}`;
}

function list(key: string, values: readonly string[] = []): Line {
  return values.length > 0 && `${key}=${values.join(" ")}`;
}
