import { mkdtemp, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pushBaseImage } from '../test/support/images/baseImage.ts'
import { openPelago, type Pelago } from '../test/support/pelago.ts'
import { startDockerRegistry } from '../test/support/registry/dockerRegistry.ts'
import { expectSuccess } from './contestants/expectSuccess.ts'
import type { BaseName, Workshop } from './workshop.ts'

/** Makes the workshops of all cases; what they have published stays until it is disposed. */
export interface Workshops extends AsyncDisposable {
  open(folder: string): Workshop
}

const BASE_IMAGES = fileURLToPath(new URL('../scripts/base-images', import.meta.url))
const PELAGO = fileURLToPath(new URL('../bin/pelago', import.meta.url))
const DEBIAN_PLATFORMS = ['linux/amd64', 'linux/arm64']
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pelago')
/** To install compilers for another platform takes minutes, with native twins. */
const MAKING_MS = 1_800_000

const INSTALLED = 'gcc libc6-dev make xz-utils'
const DEBIAN_TOOLS = [
  'FROM BASE AS debs',
  `RUN apt-get update -qq && apt-get install -qq -y --download-only --no-install-recommends ${INSTALLED}`,
  'FROM debs AS tools',
  `RUN DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ${INSTALLED} python3-pip python3-setuptools golang-go`,
  'RUN DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends npm',
]

const DEBIAN_COMPILERS = [
  'FROM BASE AS base',
  'RUN apt-get update -qq',
  'FROM base AS compilers',
  'RUN apt-get install -qq -y --no-install-recommends gcc libc6-dev',
  'FROM base AS cross',
  'RUN apt-get install -qq -y --no-install-recommends gcc-14-aarch64-linux-gnu',
  'FROM compilers AS rust',
  'RUN apt-get install -qq -y --no-install-recommends cargo',
  'FROM cross AS rust-cross',
  'RUN apt-get install -qq -y --no-install-recommends rustc',
]

interface Images {
  readonly signal: AbortSignal
  readonly pelago: Pelago
  readonly host: string
}

export async function openWorkshops(signal: AbortSignal): Promise<Workshops> {
  await using stack = new AsyncDisposableStack()
  const registry = stack.use(await startDockerRegistry())
  const images = { signal, pelago: stack.use(await openPelago()), host: registry.host }
  const bases = new Map<BaseName, Promise<string>>()
  const base = async (name: BaseName): Promise<string> => {
    const pushed = bases.get(name) ?? pushBase(name, images, base)
    bases.set(name, pushed)
    return await pushed
  }
  const held = stack.move()
  return {
    open: (folder) => ({ folder, base, publish: async (name, context, platforms) => await publish(images, name, { context, platforms }) }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function pushBase(name: BaseName, images: Images, base: Workshop['base']): Promise<string> {
  const { pelago, host, signal } = images
  switch (name) {
    case 'busybox':
      return await pushBaseImage(host)
    case 'debian':
    case 'debian13':
      await expectSuccess([BASE_IMAGES, '--push', host, '--platforms', DEBIAN_PLATFORMS.join(), name], { ...pelago.env, PELAGO_BASE_CACHE: join(CACHE, 'base-images') }, { timeoutMs: MAKING_MS, signal })
      return `${host}/debian:${name === 'debian' ? 'bookworm' : 'trixie'}-slim`
    case 'debs':
    case 'tools':
      return await publishStage(images, name, { stages: DEBIAN_TOOLS, on: await base('debian'), platforms: DEBIAN_PLATFORMS })
    case 'compilers':
    case 'rust':
      return await publishStage(images, name, { stages: DEBIAN_COMPILERS, on: await base('debian13'), platforms: DEBIAN_PLATFORMS })
    case 'cross':
    case 'rust-cross':
      return await publishStage(images, name, { stages: DEBIAN_COMPILERS, on: await base('debian13'), platforms: DEBIAN_PLATFORMS.slice(0, 1) })
  }
}

interface Stages {
  readonly stages: readonly string[]
  readonly on: string
  readonly platforms: readonly string[]
}

/** The stage `name`. A gigabyte, in every call. */
async function publishStage(images: Images, name: BaseName, { stages, on, platforms }: Stages): Promise<string> {
  const context = await mkdtemp(join(images.pelago.folder, 'stages-'))
  await writeFile(join(context, 'Dockerfile'), stages.join('\n').replace('BASE', on))
  return await publish(images, name, { context, platforms, target: name, store: join(CACHE, 'bench/store'), compression: 'zstd' })
}

interface PublishOptions {
  readonly context: string
  readonly platforms: readonly string[]
  readonly target?: string
  /** Of an engine whose cache outlives this call. */
  readonly store?: string
  /** gzip where it is not said. */
  readonly compression?: 'gzip' | 'zstd'
}

async function publish({ pelago, host, signal }: Images, name: string, { context, platforms, target, store, compression = 'gzip' }: PublishOptions): Promise<string> {
  const reference = `${host}/${name}:latest`
  const output = `type=registry,name=${reference},compression=${compression}`
  const argv = [PELAGO, 'build', '--quiet', '--accelerate', '--platform', platforms.join(), ...(target === undefined ? [] : ['--target', target]), '--output', output, context]
  await expectSuccess(argv, { ...pelago.env, ...(store === undefined ? {} : { PELAGO_ROOT: store }) }, { timeoutMs: MAKING_MS, signal })
  return reference
}
