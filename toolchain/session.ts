import { join } from "node:path";
import { checkout } from "./checkout.ts";
import { decideEnvironment, prepareState, readLogin } from "./environment.ts";
import { imageFor } from "./image.ts";
import { isSystemLibvirt, startLibvirt } from "./libvirt-daemon.ts";
import { providePlugins, userPulumiHome } from "./plugins.ts";
import { run, runInteractively, type InteractiveOptions } from "./process.ts";
import { pulumiCli } from "./pulumi-cli.ts";
import { provide } from "./requirements.ts";
import { withSightings } from "./sightings.ts";
import { sshVariables } from "./ssh-key.ts";
import { readSettings, type StackChoice, type StackSettings } from "./stack.ts";

/** How much a command needs. */
export interface Needs {
  /** Whether the program runs, which reads the node image. */
  readonly image: boolean;
  /** Whether a hypervisor on this machine must be up. */
  readonly hypervisor: boolean;
}

/** A machine that has everything, ready to run Pulumi on a stack. */
export interface Session {
  readonly stack: string;
  /** File with the stack's settings, when it is not Pulumi.<stack>.yaml; every call that reads them has to name it. */
  readonly configFile?: string;
  /** Variables beside the user's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** Reads the stack's settings as they are now: `up --config` changes them. */
  readonly settings: () => StackSettings;
  /** Runs Pulumi on this terminal; returns its exit code. What it prints goes to `onOutput` too. */
  readonly pulumi: (args: readonly string[], onOutput?: InteractiveOptions["onOutput"]) => Promise<number>;
  /** Runs Pulumi and returns what it prints. */
  readonly ask: (args: readonly string[]) => Promise<string>;
}

/** Installs, downloads or builds what is missing, then opens a session. With everything in place it takes seconds. */
export async function openSession(choice: StackChoice, needs: Needs): Promise<Session> {
  const settings = readSettings(choice);
  await provide("building");
  await provide("provisioning");
  if (needs.hypervisor && isSystemLibvirt(settings.get("libvirtUri"))) {
    await provide("hypervisor");
    await startLibvirt();
  }
  const cli = await pulumiCli();
  const home = await providePlugins(join(cli, "pulumi"));
  const image = needs.image ? await imageFor(settings) : undefined;
  const decided = decideEnvironment({
    environment: process.env,
    login: readLogin(),
    userHome: userPulumiHome(),
    cli,
    home,
    secretsProvider: settings.secretsProvider,
    image,
  });
  const variables = { ...decided, ...(await sshVariables(settings)) };
  await prepareState(variables, settings);
  const program = join(cli, "pulumi");
  const forPulumi = { ...variables, ...withoutAgent(settings) };
  return {
    stack: choice.stack,
    ...(choice.configFile === undefined ? {} : { configFile: choice.configFile }),
    variables,
    settings: () => readSettings(choice),
    pulumi: (args, onOutput) =>
      withSightings((sightings) =>
        runInteractively(program, args, {
          cwd: checkout,
          env: { ...process.env, ...forPulumi, ...sightings },
          ...(onOutput === undefined ? {} : { onOutput }),
        }),
      ),
    ask: (args) => run(program, args, { cwd: checkout, env: forPulumi, timeout: 120_000 }),
  };
}

/**
 * Hides the ssh agent from Pulumi where the stack does not ask for it (sshAgent). The official command plugin (1.2.1) dials the
 * agent of SSH_AUTH_SOCK beside the key it was given, and a dead one fails the run. A hypervisor that is reached over ssh may
 * need the agent, so there it stays.
 */
export function withoutAgent({ get }: Pick<StackSettings, "get">): Readonly<Record<string, string>> {
  return get("sshAgent") === "true" || /^\w+\+\w*ssh\w*:/.test(get("libvirtUri")) ? {} : { SSH_AUTH_SOCK: "" };
}

/** Selects the stack, which is made when it does not exist. */
export async function selectStack({ stack, ask }: Session): Promise<void> {
  await ask(["stack", "select", "--create", "--stack", stack, "--non-interactive"]);
}
