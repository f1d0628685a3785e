import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pushBaseImage } from '../test/support/images/baseImage.ts'
import { openPelago, type Pelago } from '../test/support/pelago.ts'
import { startDockerRegistry } from '../test/support/registry/dockerRegistry.ts'
import { expectSuccess } from './contestants/pelago.ts'
import type { BaseName, Workshop } from './workshop.ts'

/** Makes the workshops of all cases; what they have published stays until it is disposed. */
export interface Workshops extends AsyncDisposable {
  open(folder: string): Workshop
}

const BASE_IMAGES = fileURLToPath(new URL('../scripts/base-images', import.meta.url))
const DEBIAN_PLATFORMS = 'linux/amd64,linux/arm64'

export async function openWorkshops(): Promise<Workshops> {
  await using stack = new AsyncDisposableStack()
  const registry = stack.use(await startDockerRegistry())
  const pelago = stack.use(await openPelago())
  const bases = new Map<BaseName, Promise<string>>()
  const base = async (name: BaseName): Promise<string> => {
    const pushed = bases.get(name) ?? pushBase(name, pelago, registry.host)
    bases.set(name, pushed)
    return await pushed
  }
  const held = stack.move()
  return {
    open: (folder) => ({ folder, base, kept: keep, publish: async (name, context, platforms) => await publish(pelago, `${registry.host}/${name}:latest`, context, platforms) }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function pushBase(name: BaseName, pelago: Pelago, host: string): Promise<string> {
  if (name === 'busybox') return await pushBaseImage(pelago, host)
  await run([BASE_IMAGES, '--push', host, '--platforms', DEBIAN_PLATFORMS, 'debian'], { ...pelago.env, PELAGO_BASE_CACHE: join(cacheHome(), 'base-images') })
  return `${host}/debian:bookworm-slim`
}

async function publish(pelago: Pelago, reference: string, context: string, platforms: readonly string[]): Promise<string> {
  await run([fileURLToPath(new URL('../bin/pelago', import.meta.url)), 'build', '--quiet', '--platform', platforms.join(), '--tag', reference, '--push', context], pelago.env)
  return reference
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  await expectSuccess(argv, env)
}

/** In `~/.cache/pelago/bench`; seen whole or not at all. */
async function keep(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const parent = join(cacheHome(), 'bench')
  const path = join(parent, name)
  if (existsSync(path)) return path
  await mkdir(parent, { recursive: true })
  const part = await mkdtemp(`${path}.part-`)
  try {
    await make(part)
    await rename(part, path)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
  return path
}

function cacheHome(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pelago')
}
