import { join } from "node:path";
import { checkout } from "../lib/checkout.ts";
import { decideEnvironment, prepareState, readLogin } from "./environment.ts";
import { hypervisorUri } from "./hypervisor-uri.ts";
import { isDefaultDaemon } from "../libvirt/uri.ts";
import { chooseImage } from "../image/location.ts";
import { provideImage } from "../image/provide.ts";
import { startLibvirt } from "../tools/libvirt-daemon.ts";
import { presentPulumiHome, providePlugins, userPulumiHome } from "../tools/plugins.ts";
import { run, runInteractively, type InteractiveOptions } from "../lib/process.ts";
import { pulumiCli } from "../tools/pulumi-cli.ts";
import { provide } from "../tools/requirements.ts";
import { sparingProxy, withoutProxy } from "./proxy.ts";
import { withSightings } from "./sightings.ts";
import { sshVariables } from "./ssh-key.ts";
import { folderToMakeStackIn, sparingStackFile } from "./stack/file.ts";
import { readSettings, type StackChoice, type StackSettings } from "./stack/settings.ts";

/** How much a command needs. */
export interface Needs {
  /** Whether the program runs, which reads the node image. */
  readonly image: boolean;
  /** Whether a hypervisor on this machine must be up. */
  readonly hypervisor: boolean;
  /** Whether Pulumi runs its plugins; what reads the state only does not. @default true */
  readonly plugins?: boolean;
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
  readonly pulumi: (
    args: readonly string[],
    onOutput?: InteractiveOptions["onOutput"],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<number>;
  /** Runs Pulumi and returns what it prints. */
  readonly capture: (args: readonly string[]) => Promise<string>;
}

/** A session of this checkout. */
export interface OpenSession extends Session {
  /** Makes the stack where it does not exist, leaving the stack's file as it is. */
  readonly makeStack: () => Promise<void>;
  /** The same session with the node image of its stack, which is built where that is the default one and not there. */
  readonly withImage: () => Promise<OpenSession>;
}

/** Installs, downloads or builds what is missing, then opens a session. With everything in place it takes seconds. */
export async function openSession(choice: StackChoice, needs: Needs): Promise<OpenSession> {
  const { image, hypervisor, plugins = true } = needs;
  const settings = readSettings(choice);
  // Before anything is installed or started for it.
  const uri = hypervisor ? hypervisorUri(settings) : "";
  if (plugins) {
    await provide("building");
    await provide("provisioning");
  }
  if (hypervisor && isDefaultDaemon(uri)) {
    await provide("hypervisor");
    await startLibvirt();
  }
  const cli = await pulumiCli();
  const home = plugins ? await providePlugins(join(cli, "pulumi")) : presentPulumiHome();
  const decided = decideEnvironment({
    environment: process.env,
    login: readLogin(),
    userHome: userPulumiHome(),
    cli,
    home,
    secretsProvider: settings.secretsProvider,
    direct: withoutProxy(settings),
    image: undefined,
  });
  const variables = { ...decided, ...(plugins ? await sshVariables(settings) : {}) };
  await prepareState(variables, settings);
  // kubectl and what else is started from here reach the nodes as Pulumi does.
  Object.assign(process.env, sparingProxy(withoutProxy(settings)));
  const session = sessionWith(choice, join(cli, "pulumi"), variables);
  return image ? session.withImage() : session;
}

function sessionWith(choice: StackChoice, program: string, variables: Readonly<Record<string, string>>): OpenSession {
  const forPulumi = { ...variables, ...withoutAgent(readSettings(choice)) };
  const capture = (args: readonly string[], cwd = checkout) =>
    run(program, args, { cwd, env: forPulumi, timeout: 120_000 });
  return {
    stack: choice.stack,
    ...(choice.configFile === undefined ? {} : { configFile: choice.configFile }),
    variables,
    settings: () => readSettings(choice),
    pulumi: async (args, onOutput, environment = {}) => {
      const spared = await sparingStackFile(choice, args);
      return withSightings((sightings) =>
        runInteractively(program, spared, {
          cwd: checkout,
          env: { ...process.env, ...forPulumi, ...sightings, ...environment },
          ...(onOutput === undefined ? {} : { onOutput }),
        }),
      );
    },
    capture: async (args) => capture(await sparingStackFile(choice, args)),
    makeStack: async () => {
      const folder = await folderToMakeStackIn(choice);
      await capture(["stack", "select", "--create", "--stack", choice.stack, "--non-interactive"], folder);
    },
    withImage: async () => {
      const image = await provideImage(chooseImage(readSettings(choice).get("image")));
      return sessionWith(choice, program, { ...variables, ...(image === undefined ? {} : { NODEFORGE_IMAGE: image }) });
    },
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
export async function selectStack({ stack, capture, makeStack }: OpenSession): Promise<void> {
  const select = () => capture(["stack", "select", "--stack", stack, "--non-interactive"]);
  try {
    await select();
  } catch {
    // Mostly there is none of that name. Whatever else it is, making it says so.
    await makeStack();
    await select();
  }
}
