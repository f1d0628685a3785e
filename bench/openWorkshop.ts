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
      await expectSuccess([BASE_IMAGES, '--push', host, '--platforms', DEBIAN_PLATFORMS.join(), 'debian'], { ...pelago.env, PELAGO_BASE_CACHE: join(CACHE, 'base-images') }, { timeoutMs: MAKING_MS, signal })
      return `${host}/debian:bookworm-slim`
    case 'debs':
    case 'tools': {
      const context = await mkdtemp(join(pelago.folder, 'tools-'))
      await writeFile(join(context, 'Dockerfile'), DEBIAN_TOOLS.join('\n').replace('BASE', await base('debian')))
      return await publish(images, name, { context, platforms: DEBIAN_PLATFORMS, target: name, store: join(CACHE, 'bench/store'), compression: 'zstd' }) // a gigabyte, in every call
    }
  }
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
