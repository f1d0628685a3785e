import { dirname, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { withEnvFiles } from '../environment.ts'
import { formatPlace } from '../mistakes.ts'
import { entriesAt, itemsAt, map, type MapNode, type Node, textAt, textsAt, toPlain, withEntry } from '../yaml/node.ts'
import type { Loading, Origin } from './loading.ts'
import { resolvePath, resolvePaths } from './paths.ts'

const KINDS = ['services', 'models', 'networks', 'volumes', 'secrets', 'configs'] as const

export interface Including {
  readonly origin: Origin
  readonly loading: Loading
  /** The finished model of other files, with paths as they are written there. */
  readonly loadModel: (paths: readonly string[], origin: Origin) => Promise<MapNode>
}

/** `model` with all that the projects it includes have. Compose specification, "include". What is in both must be equal. */
export async function includeModels(model: MapNode, path: string, including: Including): Promise<MapNode> {
  let whole = withEntry(model, 'include', undefined)
  for (const entry of itemsAt(model, 'include')) {
    const included = await loadIncluded(entry, path, including)
    if (included !== undefined) whole = withIncluded(whole, included, including.loading)
  }
  return whole
}

async function loadIncluded(entry: Node, path: string, { origin, loading, loadModel }: Including): Promise<MapNode | undefined> {
  const { home } = loading.files
  const seen = (text: string): string => resolvePath(text, { folder: origin.folder, home })
  const paths = textsAt(entry, 'path').map(seen)
  const [main] = paths
  if (main === undefined) return undefined
  const above = [...origin.includedBy, path]
  if (above.includes(main)) {
    loading.mistakes.push({ place: entry.place, message: `files include each other in a circle: ${[...above, main].join(' -> ')}` })
    return undefined
  }
  for (const file of paths) {
    if ((await loading.files.readText(file, loading.signal)) !== undefined) continue
    loading.mistakes.push({ place: entry.place, message: `no such file: ${file}` })
    return undefined
  }
  const named = textAt(entry, 'project_directory')
  const folder = named === undefined ? dirname(main) : seen(named)
  const environment = await withEnvFiles(origin.environment, await includedEnvFiles(entry, folder, { loading, seen }), loading.files, loading.signal)
  const included = await loadModel(paths, { folder, environment, includedBy: above })
  return resolvePaths(included, { folder: relative(origin.folder, folder), home })
}

async function includedEnvFiles(entry: Node, folder: string, { loading, seen }: { readonly loading: Loading; readonly seen: (text: string) => string }): Promise<readonly string[]> {
  const named = textsAt(entry, 'env_file').map(seen)
  const usual = `${folder}/.env`
  return named.length > 0 ? named : (await loading.files.readText(usual, loading.signal)) === undefined ? [] : [usual]
}

function withIncluded(model: MapNode, included: MapNode, { mistakes }: Loading): MapNode {
  return KINDS.reduce((whole, kind) => {
    const theirs = entriesAt(included, kind)
    if (theirs.size === 0) return whole
    const ours = entriesAt(whole, kind)
    for (const [name, value] of ours) {
      const other = theirs.get(name)
      if (other === undefined || isDeepStrictEqual(toPlain(other), toPlain(value))) continue
      mistakes.push({ place: value.place, message: `${kind}.${name} is here, and otherwise in an included file: ${formatPlace(other.place)}`, hint: `change it in a file of include's path list: include: [{path: [FILE, OVERRIDE]}]` })
    }
    return withEntry(whole, kind, map([...theirs, ...ours], whole.place))
  }, model)
}
