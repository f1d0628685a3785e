import { type Command, GLOBAL_FLAGS } from './command.ts'
import { COMPOSE_FLAGS, UNSUPPORTED_COMPOSE_FLAGS } from './compose/composeFlags.ts'
import { parseFlags } from './flags/flags.ts'
import { nearest } from '../ground/nearest.ts'
import { UsageError } from './flags/usageError.ts'

/** A command that is loaded when it is called: what the overview says of it, and where it is. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Every command by its words. */
export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['build', { summary: 'Build an image from a Dockerfile, for one platform or many', load: async () => (await import('./commands/build.ts')).build }],
  ['bake', { summary: 'Build the targets of bake files and Compose files', load: async () => (await import('./commands/bake.ts')).bake }],
  ['compose build', { summary: 'Build the services of a Compose project', load: async () => (await import('./commands/compose/build.ts')).composeBuild }],
  ['compose push', { summary: 'Push the images of the services that a Compose project builds', load: async () => (await import('./commands/compose/push.ts')).composePush }],
  ['compose pull', { summary: 'Pull the images of the services of a Compose project', load: async () => (await import('./commands/compose/pull.ts')).composePull }],
  ['compose config', { summary: 'Show a Compose project as it comes out: files merged, variables replaced', load: async () => (await import('./commands/compose/config.ts')).composeConfig }],
  ['merge', { summary: 'Put what several machines have built with build --part under one tag', load: async () => (await import('./commands/merge.ts')).merge }],
  ['plan', { summary: 'Tell what a build would do, what is missing, and what would make it fast', load: async () => (await import('./commands/plan.ts')).plan }],
  ['run', { summary: 'Run a command in a new container, natively or emulated', load: async () => (await import('./commands/run.ts')).run }],
  ['test', { summary: 'Run the same command on every platform of an image, side by side', load: async () => (await import('./commands/test.ts')).test }],
  ['debug', { summary: 'Look into a step that failed: a shell, or a command, where it stood', load: async () => (await import('./commands/debug.ts')).debug }],
  ['reproduce', { summary: 'Build twice from scratch, and name what differs', load: async () => (await import('./commands/reproduce.ts')).reproduce }],
  ['audit', { summary: 'Find what in an image does not fit its platform', load: async () => (await import('./commands/audit.ts')).audit }],
  ['sbom', { summary: 'List the packages in an image', load: async () => (await import('./commands/sbom.ts')).sbom }],
  ['generate-key-pair', { summary: 'Make a pair of keys to sign images with, as cosign does', load: async () => (await import('./commands/trust/generateKeyPair.ts')).generateKeyPair }],
  ['sign', { summary: 'Sign images that are in registries, with a key or with an identity', load: async () => (await import('./commands/trust/sign.ts')).sign }],
  ['verify', { summary: 'Check who has signed images that are in registries', load: async () => (await import('./commands/trust/verify.ts')).verify }],
  ['pull', { summary: 'Pull an image from a registry, all its platforms or some', load: async () => (await import('./commands/registry/pull.ts')).pull }],
  ['push', { summary: 'Push an image with all its platforms to a registry', load: async () => (await import('./commands/registry/push.ts')).push }],
  ['login', { summary: 'Remember name and password for a registry', load: async () => (await import('./commands/registry/login.ts')).login }],
  ['logout', { summary: 'Forget name and password for a registry', load: async () => (await import('./commands/registry/logout.ts')).logout }],
  ['image ls', { summary: 'List local images with their platforms', load: async () => (await import('./commands/image/ls.ts')).imageLs }],
  ['image inspect', { summary: 'Show what a local image holds', load: async () => (await import('./commands/image/inspect.ts')).imageInspect }],
  ['image rm', { summary: 'Remove local images', load: async () => (await import('./commands/image/rm.ts')).imageRm }],
  ['image tag', { summary: 'Give a local image another name', load: async () => (await import('./commands/image/tag.ts')).imageTag }],
  ['image prune', { summary: 'Remove what no local image needs; with --all the images too', load: async () => (await import('./commands/image/prune.ts')).imagePrune }],
  ['image save', { summary: 'Write local images to a tar archive', load: async () => (await import('./commands/image/save.ts')).imageSave }],
  ['image load', { summary: 'Read images from a tar archive', load: async () => (await import('./commands/image/load.ts')).imageLoad }],
  ['imagetools compare', { summary: 'Compare two images platform by platform: names, OCI layouts or archives', load: async () => (await import('./commands/imagetools/compare.ts')).imagetoolsCompare }],
  ['imagetools create', { summary: 'Make one image of several that are in registries, or copy one', load: async () => (await import('./commands/imagetools/create.ts')).imagetoolsCreate }],
  ['imagetools add-platform', { summary: 'Add platforms to an image in a registry', load: async () => (await import('./commands/imagetools/addPlatform.ts')).imagetoolsAddPlatform }],
  ['imagetools replace-platform', { summary: 'Replace platforms of an image in a registry', load: async () => (await import('./commands/imagetools/replacePlatform.ts')).imagetoolsReplacePlatform }],
  ['imagetools rm-platform', { summary: 'Take platforms out of an image in a registry', load: async () => (await import('./commands/imagetools/rmPlatform.ts')).imagetoolsRmPlatform }],
  ['imagetools inspect', { summary: 'Show an image in a registry', load: async () => (await import('./commands/imagetools/inspect.ts')).imagetoolsInspect }],
  ['manifest create', { summary: 'Make a list of images on this machine, to be annotated and pushed as one', load: async () => (await import('./commands/manifest/create.ts')).manifestCreate }],
  ['manifest annotate', { summary: 'Say for which platform an image of a local list is', load: async () => (await import('./commands/manifest/annotate.ts')).manifestAnnotate }],
  ['manifest push', { summary: 'Push a local list and its images, as one image for many platforms', load: async () => (await import('./commands/manifest/push.ts')).manifestPush }],
  ['manifest rm', { summary: 'Remove local lists of images', load: async () => (await import('./commands/manifest/rm.ts')).manifestRm }],
  ['manifest inspect', { summary: 'Show the manifest or index of an image in a registry', load: async () => (await import('./commands/manifest/inspect.ts')).manifestInspect }],
  ['sizes', { summary: 'Show what an image takes, and what it could do without', load: async () => (await import('./commands/sizes.ts')).sizes }],
  ['platforms', { summary: 'Show which platforms run here, and how', load: async () => (await import('./commands/platforms.ts')).platforms }],
  ['platforms explain', { summary: 'Say what a platform is, how it runs here, and which images it takes', load: async () => (await import('./commands/platforms/explain.ts')).platformsExplain }],
  ['doctor', { summary: 'Show what this machine has for builds, what it lacks, and what to do', load: async () => (await import('./commands/doctor.ts')).doctor }],
  ['create', { summary: 'Make a builder, or change its nodes: a name for engines, for --builder and use', load: async () => (await import('./commands/builders/create.ts')).create }],
  ['ls', { summary: 'List builders, how they are, and what platforms they build for', load: async () => (await import('./commands/builders/ls.ts')).ls }],
  ['inspect', { summary: 'Show a builder: its nodes, and what platforms they build for', load: async () => (await import('./commands/builders/inspect.ts')).inspect }],
  ['use', { summary: 'Use a builder from now on, everywhere or in a folder', load: async () => (await import('./commands/builders/use.ts')).use }],
  ['stop', { summary: 'End the engines of a builder, and what they run', load: async () => (await import('./commands/builders/stop.ts')).stop }],
  ['rm', { summary: 'Remove builders', load: async () => (await import('./commands/builders/rm.ts')).rm }],
  ['dial-stdio', { summary: 'Join standard input and output to the engine of a builder', load: async () => (await import('./commands/builders/dialStdio.ts')).dialStdio }],
  ['history ls', { summary: 'List the builds that the engines of the builder remember', load: async () => (await import('./commands/history/ls.ts')).historyLs }],
  ['history inspect', { summary: 'Show what a build was made from, and where its time went', load: async () => (await import('./commands/history/inspect.ts')).historyInspect }],
  ['history inspect attachment', { summary: 'Print provenance, SBOM and the like of a past build', load: async () => (await import('./commands/history/attachment.ts')).historyInspectAttachment }],
  ['history logs', { summary: 'Show once more what a build printed', load: async () => (await import('./commands/history/logs.ts')).historyLogs }],
  ['history rm', { summary: 'Forget builds', load: async () => (await import('./commands/history/rm.ts')).historyRm }],
  ['history export', { summary: 'Write builds with their logs to a file', load: async () => (await import('./commands/history/export.ts')).historyExport }],
  ['du', { summary: 'Show what the build cache takes', load: async () => (await import('./commands/engine/du.ts')).du }],
  ['prune', { summary: 'Remove build cache', load: async () => (await import('./commands/engine/prune.ts')).prune }],
  ['system prune', { summary: 'Remove what nothing needs; with --all the local images too', load: async () => (await import('./commands/engine/systemPrune.ts')).systemPrune }],
  ['serve', { summary: 'Serve the engine to other machines, and to docker buildx', load: async () => (await import('./commands/engine/serve.ts')).serve }],
  ['info', { summary: 'Show the engine, its store and this machine', load: async () => (await import('./commands/engine/info.ts')).info }],
  ['version', { summary: 'Show the version', load: async () => (await import('./commands/engine/version.ts')).version }],
])

/** Words that come to the same as others; Docker's spellings. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['b', 'build'],
  ['f', 'bake'],
  ['images', 'image ls'],
  ['image list', 'image ls'],
  ['rmi', 'image rm'],
  ['image remove', 'image rm'],
  ['tag', 'image tag'],
  ['save', 'image save'],
  ['load', 'image load'],
  ['container run', 'run'],
  ['image build', 'build'],
  ['image pull', 'pull'],
  ['image push', 'push'],
  ['system df', 'du'],
  ['system info', 'info'],
  ['compose convert', 'compose config'],
])

/** `pelago buildx build` is `pelago build`. */
const TRANSPARENT: ReadonlySet<string> = new Set(['buildx', 'builder'])

/** What Docker Compose does with containers. */
const COMPOSE_VERBS = [
  'attach', 'commit', 'cp', 'create', 'down', 'events', 'exec', 'export', 'images', 'kill', 'logs', 'ls', 'pause', 'port', 'ps', 'publish', 'restart', 'rm', 'run', 'scale', 'start', 'stats', 'stop', 'top', 'unpause', 'up', 'version', 'volumes', 'wait', 'watch',
]

/** Commands of Docker's and buildx's that are not here. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'attach', 'commit', 'container', 'context', 'cp', 'diff', 'events', 'exec', 'export', 'history import', 'history open', 'history trace', 'import', 'install', 'kill', 'logs', 'network', 'pause', 'plugin',
  'port', 'ps', 'rename', 'restart', 'search', 'start', 'stats', 'swarm', 'top', 'trust', 'uninstall', 'unpause', 'update', 'volume', 'wait',
  'image history', 'image import', 'system events',
  ...COMPOSE_VERBS.map((verb) => `compose ${verb}`),
])

/** What to do instead, where there is something. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['context', 'an engine elsewhere is a builder: see pelago create --help'],
  ...['attach', 'container', 'cp', 'exec', 'kill', 'logs', 'ps', 'start', 'wait'].map((word) => [word, 'containers here end with the command that runs them: see pelago run --help'] as const),
  ['volume', 'volumes here are folders of this machine: pelago run -v ./data:/data'],
  ...COMPOSE_VERBS.map((verb) => [`compose ${verb}`, 'Pelago builds the images of a project, and leaves running it to docker compose, or to pelago run'] as const),
  ['install', 'it is so already: pelago build is pelago buildx build'],
])

export type Invocation =
  | { readonly kind: 'command'; readonly words: string; readonly entry: CommandEntry; readonly rest: readonly string[] }
  /** `image` alone: commands stand under it. '' is the whole of Pelago. */
  | { readonly kind: 'group'; readonly words: string; readonly rest: readonly string[] }

/** Finds the command that `argv` begins with. @throws UsageError where there is none */
export function findCommand(argv: readonly string[]): Invocation {
  const start = argv[0] !== undefined && TRANSPARENT.has(argv[0]) ? argv.slice(1) : argv
  const [first = '', second = ''] = start
  if (first === '' || first.startsWith('-')) return { kind: 'group', words: '', rest: start }
  return first === 'compose' && second.startsWith('-') ? findComposeCommand(start.slice(1)) : findByWords(start)
}

function findByWords(start: readonly string[]): Invocation {
  const [first = '', second = '', third = ''] = start
  const found = commandCalled(`${first} ${second} ${third}`, start.slice(3)) ?? commandCalled(`${first} ${second}`, start.slice(2)) ?? commandCalled(first, start.slice(1))
  if (found !== undefined) return found
  if (!isGroup(first)) throw unknownCommand(first)
  if (second !== '' && !second.startsWith('-')) throw unknownCommand(`${first} ${second}`)
  return { kind: 'group', words: first, rest: start.slice(1) }
}

/** `compose -f FILE config` is `compose config -f FILE`. */
function findComposeCommand(argv: readonly string[]): Invocation {
  const { operands, wantsHelp } = parseFlags({ ...GLOBAL_FLAGS, ...COMPOSE_FLAGS }, argv, { commandName: 'pelago compose', unsupported: UNSUPPORTED_COMPOSE_FLAGS, stopsAtOperand: true })
  if (wantsHelp || operands.length === 0) return { kind: 'group', words: 'compose', rest: argv }
  const [verb = '', ...rest] = operands
  return findCommand(['compose', verb, ...argv.slice(0, argv.length - operands.length), ...rest])
}

function commandCalled(text: string, rest: readonly string[]): Invocation | undefined {
  if (UNSUPPORTED.has(text)) throw new UsageError(`pelago ${text} is not supported yet`, { hint: INSTEAD.get(text) ?? 'see pelago --help for what there is' })
  const words = ALIASES.get(text) ?? text
  const entry = COMMANDS.get(words)
  return entry === undefined ? undefined : { kind: 'command', words, entry, rest }
}

/** The commands under `group`; '' gives them all. */
export function commandsUnder(group: string): readonly (readonly [words: string, summary: string])[] {
  return [...COMMANDS].filter(([words]) => group === '' || words.startsWith(`${group} `)).map(([words, { summary }]) => [words, summary])
}

function isGroup(word: string): boolean {
  return [...COMMANDS.keys()].some((words) => words.startsWith(`${word} `))
}

function unknownCommand(words: string): UsageError {
  const close = nearest(words, [...COMMANDS.keys(), ...ALIASES.keys()])
  const advice = close === undefined ? '' : `did you mean "pelago ${close}"? `
  return new UsageError(`unknown command: ${words}`, { hint: `${advice}see pelago --help` })
}
