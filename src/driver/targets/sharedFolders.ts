import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { BuildRequest } from '../driver.ts'

/** The folders of several requests, real ones and those in memory, each under one name. */
export type SharedFolders = Pick<BuildRequest, 'folders' | 'files'>

/** The same build, with its folders under names that say which they are: equal ones of several requests have one name, and others not the same. */
export function withSharedNames(request: BuildRequest): BuildRequest {
  const inMemory = [...request.files].map(([name, files]) => [name, `${name}-${hash([...files].flatMap(([path, bytes]) => [path, bytes]))}`] as const)
  const onDisk = [...request.folders].filter(([name]) => !request.files.has(name)).map(([name, path]) => [name, `${basename(path)}-${hash([path])}`] as const)
  const names = new Map([...onDisk, ...inMemory])
  const renamed = <T>(folders: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...folders].flatMap(([name, folder]) => [[names.get(name) ?? name, folder] as const]))
  const folders = renamed(new Map([...request.folders].filter(([name]) => !request.files.has(name))))
  return { ...request, folders, files: renamed(request.files), attributes: new Map([...keyAttributes(names), ...renameContexts(request.attributes, names)]) }
}

/** Whether a name means one folder to all requests: they then need no others. */
export function namesAgree([first, ...others]: readonly SharedFolders[]): boolean {
  return first === undefined || others.every(({ folders, files }) => isDeepStrictEqual([folders, files], [first.folders, first.files]))
}

export function mergeFolders(requests: readonly SharedFolders[]): SharedFolders {
  return { folders: new Map(requests.flatMap(({ folders }) => [...folders])), files: new Map(requests.flatMap(({ files }) => [...files])) }
}

/** What tells the frontend that a folder is of another session than the build's own. */
export function folderSessions({ folders, files }: SharedFolders, sessionId: string): readonly (readonly [key: string, value: string])[] {
  return [...folders.keys(), ...files.keys()].map((name) => [`local-sessionid:${name}`, sessionId])
}

/** By which the frontend knows the build context's folder, and the Dockerfile's. */
function keyAttributes(names: ReadonlyMap<string, string>): readonly (readonly [key: string, value: string])[] {
  return (['context', 'dockerfile'] as const).flatMap((role) => {
    const name = names.get(role)
    return name === undefined ? [] : [[`${role}key`, name] as const]
  })
}

function renameContexts(attributes: ReadonlyMap<string, string>, names: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const rename = (value: string): string => `local:${names.get(value.slice('local:'.length)) ?? value.slice('local:'.length)}`
  const renamed = [...attributes].map(([key, value]) => [key, key.startsWith('context:') && value.startsWith('local:') ? rename(value) : value] as const)
  // of a context that is no folder of the client, the key is its attribute
  return new Map(renamed.filter(([key]) => key !== 'dockerfilekey' || !names.has('dockerfile')))
}

/** Long enough for no two folders of a project to meet. */
const HASH_DIGITS = 12

function hash(parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part).update('\0')
  return sum.digest('hex').slice(0, HASH_DIGITS)
}
