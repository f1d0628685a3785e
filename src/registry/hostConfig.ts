import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidValueError } from '../ground/errors.ts'
import { optionalStringList, parseJsonObject, stringListMap, type JsonObject } from '../ground/jsonValue.ts'
import { configHome } from '../kit/configHome.ts'

/** How registries are reached: what the user allows beyond HTTPS with trusted certificates, and where to look first. */
export interface HostConfig {
  /** Hosts with port as in a reference, or networks (`10.0.0.0/8`), whose certificates are not verified and that may speak plain HTTP. */
  readonly insecure: ReadonlySet<string>
  /** By host as in a reference: what to try first for pulls, in this order; each a URL, or a host, which may have a path behind its API's own as BuildKit's mirrors do. */
  readonly mirrors: ReadonlyMap<string, readonly string[]>
  /** Folders with a folder for each `host[:port]`, as Docker's `certs.d`: authorities `*.crt`, client pairs `*.cert` and `*.key`. */
  readonly certFolders: readonly string[]
  /** By host: what else there is for it, as files, and as folders of such files. */
  readonly certFiles: ReadonlyMap<string, CertFiles>
}

export interface CertFiles {
  readonly authorities: readonly string[]
  readonly clientPair: { readonly certificate: string; readonly key: string } | undefined
  readonly folders: readonly string[]
}

export const DEFAULT_HOST_CONFIG: HostConfig = { insecure: new Set(), mirrors: new Map(), certFolders: [], certFiles: new Map() }

/**
 * From `$XDG_CONFIG_HOME/pelago/config.json`, whose keys are those of Docker's `daemon.json`: `insecure-registries`, a
 * list, and `registry-mirrors`, a list for Docker Hub or an object of lists by host. `PELAGO_INSECURE_REGISTRIES`
 * adds a comma-separated list.
 * @throws InvalidValueError
 */
export async function readHostConfig(env: Readonly<Record<string, string | undefined>>): Promise<HostConfig> {
  const config = configHome(env)
  const settings = await readSettings(join(config, 'pelago', 'config.json'))
  const fromEnv = (env['PELAGO_INSECURE_REGISTRIES'] ?? '').split(',').filter((host) => host !== '')
  return {
    insecure: new Set([...((settings && optionalStringList(settings, 'insecure-registries')) ?? []), ...fromEnv]),
    mirrors: settings === undefined ? new Map() : readMirrors(settings),
    certFolders: [join(config, 'pelago', 'certs.d'), '/etc/pelago/certs.d', join(config, 'docker', 'certs.d'), '/etc/docker/certs.d'],
    certFiles: new Map(),
  }
}

function readMirrors(settings: JsonObject): ReadonlyMap<string, readonly string[]> {
  if (!Array.isArray(settings.fields.get('registry-mirrors'))) return stringListMap(settings, 'registry-mirrors')
  return new Map([['docker.io', optionalStringList(settings, 'registry-mirrors') ?? []]])
}

async function readSettings(path: string): Promise<JsonObject | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new InvalidValueError(`cannot read ${path}`, { cause: error })
  }
  return parseJsonObject(text, path)
}
