/** How a builder's container is made: the words for `docker create`, as buildx has its containers. */

import { DEFAULT_IMAGE } from '../programs/defaultImage.ts'

/** What of a node makes its container. */
export interface ContainerPlan {
  readonly name: string
  readonly options: ReadonlyMap<string, string>
  /** Of the buildkitd. */
  readonly flags: readonly string[]
  readonly hasConfig: boolean
}

/** What matters of the daemon. */
export interface DaemonFacts {
  readonly cgroupDriver: string
  /** Whether its containers are in a user namespace if nothing else is said: what is privileged has to be in the machine's. */
  readonly remapsUsers: boolean
}

/** The folder of configuration in the container, and what of it is told to the buildkitd. */
export const CONFIG_FOLDER = '/etc/buildkit'
const CONFIG_PATH = `${CONFIG_FOLDER}/buildkitd.toml`
const STATE_FOLDER = '/var/lib/buildkit'
/** All that is built by it is in there, so that the machine can give it a limit. */
const CGROUP_PARENT = '/docker/buildx'
const RESTART_POLICY = 'unless-stopped'

/** Options that Docker's command has by the same name. */
export const PLAIN_OPTIONS = ['network', 'memory', 'memory-swap', 'cpu-period', 'cpu-quota', 'cpu-shares', 'cpuset-cpus', 'cpuset-mems'] as const

/** By which `docker buildx` finds it, too. */
export function containerName(node: string): string {
  return `buildx_buildkit_${node}`
}

export function stateVolume(container: string): string {
  return `${container}_state`
}

export function imageOf({ options }: Pick<ContainerPlan, 'options'>): string {
  return filled(options.get('image')) ?? DEFAULT_IMAGE
}

/** Variables of the engine, `NAME=VALUE`. */
export function environmentOf({ options }: Pick<ContainerPlan, 'options'>): readonly string[] {
  return [...options].flatMap(([key, value]) => (key.startsWith('env.') ? [`${key.slice('env.'.length)}=${value}`] : []))
}

/** Behind the program's name. `environmentFile` has the variables, which are nothing for a list of processes. */
export function createWords(plan: ContainerPlan, daemon: DaemonFacts, environmentFile: string | undefined): readonly string[] {
  const { name, options } = plan
  const named = PLAIN_OPTIONS.flatMap((key) => pair(`--${key}`, options.get(key)))
  const cgroup = daemon.cgroupDriver === 'cgroupfs' ? (filled(options.get('cgroup-parent')) ?? CGROUP_PARENT) : undefined
  return [
    'create',
    ...['--name', name, '--privileged', '--init'],
    ...['--restart', filled(options.get('restart-policy')) ?? RESTART_POLICY],
    ...['--mount', `type=volume,source=${stateVolume(name)},target=${STATE_FOLDER}`],
    ...(daemon.remapsUsers ? ['--userns', 'host'] : []),
    ...pair('--cgroup-parent', cgroup),
    ...named,
    ...pair('--env-file', environmentFile),
    imageOf(plan),
    ...(plan.hasConfig ? ['--config', CONFIG_PATH] : []),
    ...plan.flags,
  ]
}

function pair(flag: string, value: string | undefined): readonly string[] {
  return filled(value) === undefined ? [] : [flag, value ?? '']
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
