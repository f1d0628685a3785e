import { interpolateMap } from '../interpolation/interpolate.ts'
import { ProjectFileMissingError } from '../projectFiles.ts'
import { PROJECT } from '../schema/projectShape.ts'
import { readShape } from '../schema/readShape.ts'
import { type MapNode, withEntry } from '../yaml/node.ts'
import { parseYaml } from '../yaml/parseYaml.ts'
import type { Loading, Origin } from './loading.ts'

/** The documents of the file `path`, as they were written. @throws ProjectFileMissingError; ComposeFileError */
export async function readRaw(path: string, loading: Loading): Promise<readonly MapNode[]> {
  const text = await loading.files.readText(path, loading.signal)
  if (text === undefined) throw new ProjectFileMissingError(path, 'Compose file')
  return parseYaml({ filename: path === '-' ? 'stdin' : path, text }).flatMap((node) => {
    if (node.kind === 'map') return [node]
    loading.mistakes.push({ place: node.place, message: 'a Compose file must be a map' })
    return []
  })
}

/** The documents of the file `path`: variables replaced, fields in the form that they are kept in. */
export async function readDocuments(path: string, { environment }: Pick<Origin, 'environment'>, loading: Loading): Promise<readonly MapNode[]> {
  const documents = await readRaw(path, loading)
  return documents.map((document) => {
    const scope = { lookup: (name: string) => environment.get(name), onUnset: (name: string) => loading.warn(`the variable ${name} is not set: it is taken as empty`) }
    const filled = loading.interpolates ? interpolateMap(document, scope, loading.mistakes) : document
    const read = readShape(loading.select?.(filled) ?? filled, PROJECT, [], { mistakes: loading.mistakes, hasTemplates: !loading.interpolates })
    return read.kind === 'map' ? withoutVersion(read, path, loading) : filled
  })
}

function withoutVersion(document: MapNode, path: string, { warn }: Loading): MapNode {
  if (!document.entries.has('version')) return document
  warn(`${path}: version is obsolete and means nothing: take it away`)
  return withEntry(document, 'version', undefined)
}
