import type { NodeDeclaration, Timer, Unit } from "../declaration.ts";

/** Returns the text of a unit's file, `<name>.service`. */
export function unitFile(unit: Unit, { restart, sandbox }: Pick<NodeDeclaration, "restart" | "sandbox">): string {
  const isRestarted = unit.type !== "oneshot";
  const unitLines = [
    `Description=${unit.description}`,
    unit.early && "DefaultDependencies=no",
    unit.early && "Conflicts=shutdown.target",
    list("Wants", unit.wants),
    list("After", unit.after),
    list("Before", unit.early ? [...(unit.before ?? []), "shutdown.target"] : unit.before),
    unit.condition && `ConditionPathExists=${unit.condition}`,
    // A unit that waits for another machine may fail for minutes, so systemd never gives up.
    isRestarted && "StartLimitIntervalSec=0",
  ];
  const serviceLines = [
    `Type=${unit.type}`,
    ...(unit["environment-files"] ?? []).map((path) => `EnvironmentFile=${path}`),
    ...(unit["optional-environment-files"] ?? []).map((path) => `EnvironmentFile=-${path}`),
    // systemd searches its own list of folders for a program without a path.
    `ExecStart=${unit.exec.join(" ")}`,
    unit["exec-after"] && `ExecStartPost=${unit["exec-after"].join(" ")}`,
    unit.remain && "RemainAfterExit=yes",
    unit["start-timeout"] && `TimeoutStartSec=${unit["start-timeout"]}`,
    isRestarted && `Restart=${restart.policy}`,
    isRestarted && `RestartSec=${restart.seconds}`,
    ...Object.entries({ ...(unit.sandbox ? sandbox : {}), ...unit.service }).map(([key, value]) => `${key}=${value}`),
  ];
  return [
    section("Unit", unitLines),
    section("Service", serviceLines),
    section("Install", [list("WantedBy", wantedBy(unit))]),
  ].join("\n");
}

/** Returns the text of the file of a unit's timer, `<name>.timer`. */
export function timerFile(unit: Unit, timer: Timer): string {
  return [
    section("Unit", [`Description=${unit.description}`]),
    section("Timer", [`OnCalendar=${timer.calendar}`, `RandomizedDelaySec=${timer["random-delay"]}`]),
    section("Install", [list("WantedBy", [timerTarget])]),
  ].join("\n");
}

/** Name of the target that starts timers. */
export const timerTarget = "timers.target";

/** Returns the targets that start a unit. */
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
