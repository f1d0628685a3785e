import { PROJECT } from '../schema/projectShape.ts'
import { finishShape } from '../schema/finishShape.ts'
import { map, type MapNode } from '../yaml/node.ts'
import { extendServices } from './extendServices.ts'
import { includeModels } from './includeModels.ts'
import type { Loading, Origin } from './loading.ts'
import { mergeNodes } from './mergeNodes.ts'
import { readDocuments } from './readDocuments.ts'

/**
 * What several files come to together, each changing those before it; `extends` and `include` are done. Paths are as
 * they are written. Mistakes are added to those of `loading`.
 * @throws ProjectFileMissingError; ComposeFileError where a file is no YAML
 */
export async function loadModel(paths: readonly string[], origin: Origin, loading: Loading): Promise<MapNode> {
  let model = emptyModel(paths[0] ?? '')
  for (const path of paths) {
    for (const document of await readDocuments(path, origin, loading)) {
      const extended = await extendServices(document, { origin, loading, readFile: (file) => readMerged(file, origin, loading) })
      const whole = await includeModels(extended, path, { origin, loading, loadModel: (files, from) => loadModel(files, from, loading) })
      model = merged(model, whole)
    }
  }
  const finished = finishShape(model, PROJECT, [], loading.mistakes)
  return finished?.kind === 'map' ? finished : model
}

/** The documents of one file together; what they include is not looked at. */
async function readMerged(path: string, origin: Origin, loading: Loading): Promise<MapNode> {
  return (await readDocuments(path, origin, loading)).reduce(merged, emptyModel(path))
}

function merged(base: MapNode, over: MapNode): MapNode {
  const result = mergeNodes(base, over, PROJECT)
  return result.kind === 'map' ? result : over
}

function emptyModel(filename: string): MapNode {
  return map([], { source: { filename, text: '' }, offset: 0 })
}
