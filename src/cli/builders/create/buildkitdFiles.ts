import { readFile, stat } from 'node:fs/promises'
import { posix, resolve } from 'node:path'
import type { TomlTable, TomlValue } from 'smol-toml'
import { BUILDKITD_CONFIG } from '../../../driver/builders/builder.ts'
import { UsageError } from '../../flags/usageError.ts'

/** Where a buildkitd that is started in a container has its configuration. */
const FOLDER = '/etc/buildkit'
/** As much as buildx takes of a certificate. */
const MAX_BYTES = 1024 * 1024

/**
 * A buildkitd's configuration by value: its text, and the certificates and keys of registries that it names, by the paths
 * that they have from then on, `certs/REGISTRY/NAME`, and where two have one name `certs/REGISTRY/2/NAME`. Paths in it are seen from `workingFolder`. @throws UsageError
 */
export async function readBuildkitdFiles(path: string, workingFolder: string): Promise<ReadonlyMap<string, string>> {
  const text = await readText(resolve(workingFolder, path), `--buildkitd-config ${JSON.stringify(path)}`)
  const { parse, stringify } = await import('smol-toml')
  const config = parseConfig(parse, text, path)
  const files = new Map<string, string>()
  const places: CertificatePlace[] = []
  const take = async (file: string, registry: string): Promise<string> => {
    const source = resolve(workingFolder, file)
    const kept = places.find((place) => place.source === source && place.registry === registry)?.kept ?? freePlace(registry, source, places)
    places.push({ registry, source, kept })
    files.set(kept, await readText(source, `${JSON.stringify(file)}, of registry ${registry} in ${path}`))
    return posix.join(FOLDER, kept)
  }
  for (const [name, registry] of Object.entries(tableOf(config['registry']))) await moveCertificates(tableOf(registry), (file) => take(file, name))
  // comments and order stay where nothing had to be changed
  return new Map([[BUILDKITD_CONFIG, files.size === 0 ? text : stringify(config)], ...files])
}

interface CertificatePlace {
  readonly registry: string
  readonly source: string
  readonly kept: string
}

function freePlace(registry: string, source: string, places: readonly CertificatePlace[]): string {
  const folder = posix.join('certs', registry.replace(/[^a-zA-Z0-9.-]+/g, '_'))
  const numbered = (number: number): string => posix.join(folder, number === 1 ? '' : String(number), posix.basename(source))
  let number = 1
  while (places.some(({ kept }) => kept === numbered(number))) number++
  return numbered(number)
}

function parseConfig(parse: (text: string) => TomlTable, text: string, path: string): TomlTable {
  try {
    return parse(text)
  } catch (error) {
    throw new UsageError(`--buildkitd-config ${JSON.stringify(path)} is not TOML: ${(error as Error).message.split('\n', 1)[0] ?? ''}`, { hint: 'it is the file that buildkitd has as /etc/buildkit/buildkitd.toml', cause: error })
  }
}

/** `ca`, and of each `keypair` its `key` and `cert`: with the path that `take` gives. */
async function moveCertificates(registry: TomlTable, take: (file: string) => Promise<string>): Promise<void> {
  const move = async (table: TomlTable, key: string): Promise<void> => {
    const value = table[key]
    if (typeof value === 'string' && value !== '') table[key] = await take(value)
    if (Array.isArray(value)) table[key] = await Promise.all(value.map(async (one) => (typeof one === 'string' ? await take(one) : one)))
  }
  await move(registry, 'ca')
  const pairs = registry['keypair']
  for (const pair of Array.isArray(pairs) ? pairs.map(tableOf) : []) {
    await move(pair, 'key')
    await move(pair, 'cert')
  }
}

/** Itself where it is a table, else an empty one. */
function tableOf(value: TomlValue | undefined): TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) ? value : {}
}

/** @throws UsageError */
async function readText(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size <= MAX_BYTES) return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${what}: ${(error as Error).message}`, { cause: error })
  }
  throw new UsageError(`${what} has more than ${MAX_BYTES} bytes`)
}
