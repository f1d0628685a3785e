import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { ACCELERATE_FLAG } from './accelerate.ts'
import { PROGRESS_MODES } from '../render/progressMode.ts'

/** The flags of `docker buildx build` that are here, with its names, short forms and defaults. */
export const BUILD_FLAGS = {
  accelerate: ACCELERATE_FLAG,
  'add-host': { kind: 'list', value: 'HOST:IP', splitsCommas: true, help: 'Add a line to /etc/hosts of the build\'s steps' },
  allow: { kind: 'list', value: 'ENTITLEMENT', splitsCommas: true, help: 'Let the build do what it else may not: network.host, security.insecure, device, device=NAME' },
  annotation: { kind: 'list', value: '[TYPE:]KEY=VALUE', help: 'Add an annotation to the image\'s manifests; TYPE is manifest, index, manifest-descriptor or index-descriptor' },
  attest: { kind: 'list', value: 'TYPE', help: 'Keep an attestation beside the image: type=provenance or type=sbom, with KEY=VALUE behind commas' },
  audit: { kind: 'text', value: 'MODE', help: 'What comes of what the audit of the image finds (default warn): error lets nothing out that has one', choices: ['error', 'warn', 'off'] },
  'build-arg': { kind: 'list', value: 'KEY[=VALUE]', help: 'Set a build argument; without a value it is taken from the environment' },
  'build-context': { kind: 'list', value: 'NAME=SOURCE', help: 'Another context, for COPY --from=NAME, or in the place of the stage or image NAME: a folder, docker-image://, oci-layout://, target:STAGE, a URL or a git repository; NAME::PLATFORM is for one platform' },
  'cache-from': { kind: 'list', value: 'CACHE', help: 'What other machines have built: a reference, or type=TYPE,KEY=VALUE, TYPE being registry, local, gha or s3' },
  'cache-to': { kind: 'list', value: 'CACHE', help: 'Where other machines find what is built: type=TYPE,KEY=VALUE, TYPE being registry, local, gha, s3, or inline, which is in the image itself; mode=max takes all steps' },
  call: { kind: 'text', value: 'METHOD', help: 'What to do with the Dockerfile: build, check, outline or targets; METHOD,format=json for scripts', fallback: 'build' },
  check: { kind: 'switch', help: 'Check the Dockerfile instead of building it: short for --call=check' },
  file: { kind: 'text', short: 'f', value: 'PATH', help: 'The Dockerfile, a path or URL (default PATH/Dockerfile); - reads it from stdin' },
  'force-rm': { kind: 'switch', help: 'Remove containers of steps, as always here' },
  iidfile: { kind: 'text', value: 'PATH', help: 'Write the image\'s id to a file' },
  'insecure-registry': { kind: 'list', value: 'HOST[:PORT]', help: 'Registry whose certificate need not be valid, or that speaks plain HTTP' },
  'keep-going': { kind: 'switch', help: 'Where a platform fails, build the others to their end; nothing is tagged or written as a whole then' },
  label: { kind: 'list', value: 'KEY=VALUE', help: 'Add a label to the image' },
  load: { kind: 'switch', help: 'Load the image into Docker or Podman' },
  'metadata-file': { kind: 'text', value: 'PATH', help: 'Write what the build came to to a file, as JSON' },
  network: { kind: 'text', value: 'MODE', help: 'Network of the steps', choices: ['default', 'host', 'none'], fallback: 'default' },
  'no-cache': { kind: 'switch', help: 'Run every step anew' },
  'no-cache-filter': { kind: 'list', value: 'STAGE', splitsCommas: true, help: 'Run the steps of a stage anew' },
  output: { kind: 'list', short: 'o', value: 'OUTPUT', help: 'Where the result goes: type=TYPE,dest=PATH,KEY=VALUE, TYPE being image, registry, store, oci, docker, tar or local; a path alone is a folder, - a tar archive on stdout' },
  part: { kind: 'text', value: 'FILE', help: 'Push by digest, touch no tag, and write what was pushed to a file: pelago merge puts the parts of several machines under one tag' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, variable: 'DOCKER_DEFAULT_PLATFORM', help: 'Platform to build for, such as linux/arm64; local is this machine\'s own' },
  progress: { kind: 'text', value: 'MODE', help: 'How progress is shown', choices: PROGRESS_MODES, fallback: 'auto', variable: 'BUILDKIT_PROGRESS' },
  provenance: { kind: 'text', value: 'PROVENANCE', help: 'Say where the image comes from: true, or mode=min or mode=max; short for --attest type=provenance' },
  pull: { kind: 'switch', help: 'Ask the registry for base images even where they are here' },
  push: { kind: 'switch', help: 'Push the image: short for --output=type=registry' },
  quiet: { kind: 'switch', short: 'q', help: 'Show nothing but the image\'s digest' },
  rm: { kind: 'switch', help: 'Remove containers of steps, as always here' },
  sbom: { kind: 'text', value: 'SBOM', help: 'List what software is in the image: true, or generator=IMAGE; short for --attest type=sbom' },
  secret: { kind: 'list', value: 'SECRET', help: 'A secret for steps that mount it: id=NAME,src=FILE or id=NAME,env=VARIABLE' },
  'shm-size': { kind: 'text', value: 'BYTES', help: 'Size of the steps\' /dev/shm, such as 128m' },
  ssh: { kind: 'list', value: 'AGENT', help: 'An ssh agent for steps that mount it: default (at SSH_AUTH_SOCK), ID=SOCKET or ID=KEY[,KEY]' },
  'summary-file': { kind: 'text', value: 'PATH', help: 'Append what the build came to to a file, as Markdown (default $GITHUB_STEP_SUMMARY in GitHub Actions)' },
  tag: { kind: 'list', short: 't', value: 'NAME[:TAG]', help: 'Name of the image' },
  target: { kind: 'text', value: 'STAGE', help: 'Stage to build (default the last one)' },
  ulimit: { kind: 'list', value: 'NAME=SOFT[:HARD]', help: 'Limit for the steps\' processes' },
} as const satisfies FlagTable

export type BuildFlags = FlagValues<typeof BUILD_FLAGS>

const LIMIT_ADVICE = 'steps run in the control group of the engine: limit that one, by systemd-run or in the unit of pelago serve'

/** Known to `docker build` or `docker buildx build`, and refused by name. */
export const UNSUPPORTED_BUILD_FLAGS = [
  ...(['cgroup-parent', 'cpu-period', 'cpu-quota', 'cpu-shares', 'cpuset-cpus', 'cpuset-mems', 'memory', '-m', 'memory-swap', 'resource'] as const).map((name) => [name, LIMIT_ADVICE] as const),
  'compress', 'detach', 'invoke', 'isolation', 'policy', 'print', 'root', 'security-opt', 'server-config', 'squash',
] as const
