import { join } from "node:path";
import { checkout, stateFolder } from "../lib/checkout.ts";
import { nodeImageTransfers } from "./early-downloads.ts";
import { decideEnvironment, ownBackend, prepareState, readLogin } from "./environment.ts";
import { hypervisorUri } from "./hypervisor-uri.ts";
import { isDefaultDaemon, isOverSsh } from "../libvirt/uri.ts";
import { needsGo } from "../image/go-need.ts";
import { chooseImage } from "../image/location.ts";
import { provideImage } from "../image/provide.ts";
import { startLibvirt } from "../tools/libvirt-daemon.ts";
import { pluginModules, presentPulumiHome, providePlugins, userPulumiHome } from "../tools/plugins.ts";
import { run, runInteractively } from "../lib/process.ts";
import { earlyTransfers } from "../lib/transfers.ts";
import { pulumiArchive, pulumiCli } from "../tools/pulumi-cli.ts";
import { provide } from "../tools/requirements.ts";
import { refuseWrongOptions } from "./pulumi-options.ts";
import { proxyExceptions, directHosts } from "./proxy.ts";
import { withSightings } from "./sightings.ts";
import { sshVariables } from "./ssh-key.ts";
import { folderForNewStack, withStackFileCopy } from "./stack/file.ts";
import { garbageCollection } from "./stack/garbage-collection.ts";
import { parallelism } from "./stack/parallelism.ts";
import type { Session } from "./stack/session.ts";
import { projectName, readSettings, stackBaseName, type StackChoice, type StackSettings } from "./stack/settings.ts";
import { journalChoice, usesJournal, type JournalChoice } from "./state-service/choice.ts";
import type { StackPlace } from "./state-service/places.ts";
import { recoverJournal } from "./state-service/recover-journal.ts";
import { isOperation, withStateService } from "./state-service/with-state-service.ts";

/** Needs of a command. */
export interface Needs {
  /** Whether the session has the node image, which the program reads; "later" for {@link OpenSession.withImage}. */
  readonly image: boolean | "later";
  /** Whether a hypervisor on this machine must run. */
  readonly hypervisor: boolean;
  /** Command line of Pulumi that follows. Wrong options of it are refused first. @default none */
  readonly follows?: readonly string[];
  /** Whether Pulumi runs its plugins. A command that only reads the state needs none. @default true */
  readonly plugins?: boolean;
}

/** A session of this checkout. */
export interface OpenSession extends Session {
  /** Creates the stack unless it exists. Does not change the stack's file. */
  readonly createStack: () => Promise<void>;
  /** Returns the same session with the node image of its stack. Builds the default image unless the cache has it. */
  readonly withImage: () => Promise<OpenSession>;
}

/** Installs, downloads or builds every missing tool, Go only where it is needed to build another one. Then opens a session. Takes seconds when none is missing. */
export async function openSession(choice: StackChoice, needs: Needs): Promise<OpenSession> {
  const { image, hypervisor, plugins = true, follows } = needs;
  const settings = readSettings(choice);
  // Refuses a bad URI before anything is installed or started.
  const uri = hypervisor ? hypervisorUri(settings) : "";
  const isHere = hypervisor && isDefaultDaemon(uri);
  // Files arrive in the order in which they are needed, while packages are installed and programs are built.
  earlyTransfers.add(pulumiArchive());
  const read = image === false ? undefined : chooseImage(settings.get("image"));
  await provide(
    ...(plugins && (await needsGo(read)) ? (["building"] as const) : []),
    ...(plugins ? (["provisioning"] as const) : []),
    ...(isHere ? (["hypervisor"] as const) : []),
  );
  // Go, which downloads modules, is one of these packages where it is needed.
  if (plugins) earlyTransfers.add(...pluginModules());
  if (image !== false) earlyTransfers.add(...nodeImageTransfers(settings));
  const cli = await pulumiCli();
  if (follows !== undefined) await refuseWrongOptions(join(cli, "pulumi"), follows);
  if (isHere) await startLibvirt();
  const home = plugins ? await providePlugins(join(cli, "pulumi")) : presentPulumiHome();
  const decided = decideEnvironment({
    environment: process.env,
    login: readLogin(),
    userHome: userPulumiHome(),
    cli,
    home,
    secretsProvider: settings.secretsProvider,
    direct: directHosts(settings),
    image: undefined,
  });
  const variables = { ...decided, ...(plugins ? await sshVariables(settings) : {}) };
  const journal = journalChoice();
  await prepareState(variables, settings);
  const place = ownPlace(choice, variables);
  // Every later call of Pulumi reads the checkpoint.
  if (place !== undefined) await recoverJournal(place);
  // kubectl and the other programs that this process starts reach the nodes as Pulumi does.
  Object.assign(process.env, proxyExceptions(directHosts(settings)));
  const session = sessionWith(choice, join(cli, "pulumi"), variables, journal);
  return image === true ? session.withImage() : session;
}

/** Place of a stack in the checkout's own backend; undefined for a backend of the user, which is unchanged. */
function ownPlace({ stack }: StackChoice, variables: Readonly<Record<string, string>>): StackPlace | undefined {
  // `npm run env` gives the same backend to a shell.
  const isOwn = (variables.PULUMI_BACKEND_URL ?? process.env.PULUMI_BACKEND_URL) === ownBackend;
  return isOwn ? { folder: stateFolder, project: projectName(), stack: stackBaseName(stack) } : undefined;
}

function sessionWith(
  choice: StackChoice,
  program: string,
  variables: Readonly<Record<string, string>>,
  journal: JournalChoice,
): OpenSession {
  const forPulumi = { ...variables, ...withoutAgent(readSettings(choice)) };
  const capture = (args: readonly string[], cwd = checkout) =>
    run(program, args, { cwd, env: forPulumi, timeout: 120_000 });
  return {
    stack: choice.stack,
    ...(choice.configFile === undefined ? {} : { configFile: choice.configFile }),
    variables,
    settings: () => readSettings(choice),
    pulumi: async (args, onOutput, environment = {}) => {
      const spared = await withStackFileCopy(choice, args);
      const settings = readSettings(choice);
      const run = (args: readonly string[], backend: Readonly<Record<string, string>> = {}) =>
        withSightings((sightings) =>
          runInteractively(program, args, {
            cwd: checkout,
            env: {
              ...process.env,
              ...forPulumi,
              ...parallelism(settings),
              ...garbageCollection(settings),
              ...sightings,
              ...environment,
              ...backend,
            },
            ...(onOutput === undefined ? {} : { onOutput }),
          }),
        );
      const place = ownPlace(choice, variables);
      const isJournalled = place !== undefined && isOperation(args) && usesJournal(journal, place, settings);
      if (!isJournalled) return run(spared);
      // The stack that this session has selected is selected in the file backend only.
      const named = namesStack(spared) ? spared : [...spared, "--stack", choice.stack];
      return withStateService(place, (backend) => run(named, backend));
    },
    capture: async (args) => capture(await withStackFileCopy(choice, args)),
    createStack: async () => {
      const folder = await folderForNewStack(choice);
      await capture(["stack", "select", "--create", "--stack", choice.stack, "--non-interactive"], folder);
    },
    withImage: async () => {
      const image = await provideImage(chooseImage(readSettings(choice).get("image")));
      const withImage = { ...variables, ...(image === undefined ? {} : { NODEFORGE_IMAGE: image }) };
      return sessionWith(choice, program, withImage, journal);
    },
  };
}

/** Whether arguments of Pulumi name a stack. */
function namesStack(args: readonly string[]): boolean {
  return args.some((argument) => /^(--stack|-s)(=|$)/.test(argument));
}

/**
 * Hides the ssh agent from Pulumi unless the stack uses it (sshAgent). The official command plugin (1.2.1) dials the agent of
 * SSH_AUTH_SOCK in addition to its key. If the agent does not answer, the run fails. A hypervisor over ssh may need the agent,
 * so it stays visible there.
 */
export function withoutAgent({ get }: Pick<StackSettings, "get">): Readonly<Record<string, string>> {
  return get("sshAgent") === "true" || isOverSsh(get("libvirtUri")) ? {} : { SSH_AUTH_SOCK: "" };
}

/** Opens a session, and selects its stack, which is created unless it exists. */
export async function openStack(choice: StackChoice, needs: Needs): Promise<OpenSession> {
  const session = await openSession(choice, needs);
  await selectStack(session);
  return session;
}

async function selectStack({ stack, capture, createStack }: OpenSession): Promise<void> {
  const select = () => capture(["stack", "select", "--stack", stack, "--non-interactive"]);
  try {
    await select();
  } catch {
    // Most often the stack does not exist. Its creation fails with every other reason.
    await createStack();
    await select();
  }
}
