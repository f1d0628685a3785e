import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClientGraph, ClientOp, ClientVertex } from '../../api/llb/clientGraph.ts'
import { digestOf } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { emptyImageConfig } from '../../ground/oci/imageConfig.ts'
import { parsePlatform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { resolveClientGraph, type ResolveDeps } from './resolveClientGraph.ts'

const never = new AbortController().signal
const HOST = parsePlatform('linux/amd64')
const span: SourceSpan = { source: { filename: 'a.hcl', text: 'a\n' }, startLine: 1, endLine: 1 }

describe('a graph of a client’s own', () => {
  it('has its images looked up side by side, some at once', async () => {
    let [running, most] = [0, 0]
    const findImage: ResolveDeps['findImage'] = async ({ reference }) => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running -= 1
      return { reference: `example.com/${reference}`, manifest: digestOf(reference), config: emptyImageConfig(HOST) }
    }
    const images = Array.from({ length: 20 }, (_, index) => image(`image${index}`))
    const { graph } = await resolveClientGraph(graphOf([...images, vertex({ kind: 'merge' }, images)]), { ...DEPS, findImage }, never)
    assert.deepEqual([graph.size, most], [21, 8])
  })

  it('says which vertex it was where an image is not there', async () => {
    const findImage: ResolveDeps['findImage'] = () => Promise.reject(new InvalidValueError('no such image'))
    await assert.rejects(resolveClientGraph(graphOf([image('none')]), { ...DEPS, findImage }, never), { name: 'VertexFailedError', message: /no such image/ })
  })

  it('has the blobs of the session that solves where it names none', async () => {
    const blob = (sessionId: string | undefined): ClientVertex => vertex({ kind: 'source', source: { kind: 'image-blob', place: 'p', sessionId, digest: digestOf('b'), filename: '', mode: 0o600, uid: 0, gid: 0 } })
    const sessions = await Promise.all(['', 'other', undefined].map(async (sessionId) => {
      const { graph } = await resolveClientGraph(graphOf([blob(sessionId)]), DEPS, never)
      return [...graph.values()].map(({ op }) => (op.kind === 'source' && op.source.kind === 'image-blob' ? op.source.sessionId : 'no blob'))
    }))
    assert.deepEqual(sessions, [['mine'], ['other'], [undefined]])
  })

  it('is refused where it wants another worker, with the lines that want it', async () => {
    await assert.rejects(resolveClientGraph(graphOf([{ ...file('/a'), constraints: ['labels.gpu'] }]), DEPS, never), { name: 'DefinitionError', span })
  })

  it('has in the place of a build what the definition there comes to', async () => {
    const outer = file('/outer')
    const asked: string[] = []
    const readDefinition: ResolveDeps['readDefinition'] = async ({ graph, root }, filename) => {
      asked.push(`${filename} in ${[...graph.keys()].indexOf(root?.vertex ?? digestOf(''))}`)
      return graphOf([file('/inner')])
    }
    const { graph, root } = await resolveClientGraph(graphOf([outer, vertex({ kind: 'build', input: 0, filename: 'f' }, [outer])]), { ...DEPS, readDefinition }, never)
    assert.deepEqual(asked, ['f in 0'])
    assert.deepEqual([...graph.values()].map(({ note }) => note.name), ['/outer', '/inner'])
    assert.equal(root?.vertex, [...graph.keys()][1])
  })

  it('has of itself only what a definition is made of built for it', async () => {
    const [base, outer] = [file('/base'), file('/outer')]
    const sizes: number[] = []
    const readDefinition: ResolveDeps['readDefinition'] = async ({ graph }) => {
      sizes.push(graph.size)
      return graphOf([file('/inner')])
    }
    await resolveClientGraph(graphOf([base, outer, vertex({ kind: 'build', input: 0, filename: 'f' }, [outer])]), { ...DEPS, readDefinition }, never)
    assert.deepEqual(sizes, [1])
  })

  it('is refused where definitions make one another without an end', async () => {
    const outer = file('/outer')
    const endless = graphOf([outer, vertex({ kind: 'build', input: 0, filename: 'f' }, [outer])])
    await assert.rejects(resolveClientGraph(endless, { ...DEPS, readDefinition: async () => endless }, never), { name: 'DefinitionError', message: /more than 16 definitions/, span })
  })

  it('is refused where definitions are too many steps together', async () => {
    const outer = file('/outer')
    const twice = [0, 1].map(() => vertex({ kind: 'build', input: 0, filename: 'f' }, [outer]))
    const inner = graphOf(Array.from({ length: 10_000 }, () => file('/inner')))
    await assert.rejects(resolveClientGraph(graphOf([outer, ...twice]), { ...DEPS, readDefinition: async () => inner }, never), { name: 'DefinitionError', message: /more than 20000 vertices together/ })
  })
})

const DEPS: ResolveDeps = {
  findImage: () => assert.fail('no image is looked up'),
  resultOf: () => undefined,
  readDefinition: () => assert.fail('no definition is read'),
  worker: { id: 'w', labels: new Map(), platforms: [] },
  host: HOST,
  sessionId: 'mine',
  judgeSource: undefined,
}

let made = 0
function vertex(op: ClientOp, inputs: readonly ClientVertex[] = []): ClientVertex {
  return { digest: digestOf(`${made++}`), op, inputs: inputs.map(({ digest }) => ({ vertex: digest, index: 0 })), outputs: [{ kind: 'own', index: 0 }], platform: undefined, note: { name: 'v', ignoreCache: false, span } }
}

function image(reference: string): ClientVertex {
  return vertex({ kind: 'source', source: { kind: 'image', reference, resolveMode: 'default', layerLimit: undefined } })
}

function file(path: string): ClientVertex {
  const made = vertex({ kind: 'file', actions: [{ kind: 'mkdir', base: { kind: 'scratch' }, output: 0, path, mode: 0o755, makeParents: false, owner: undefined, timestampNs: 0n }] })
  return { ...made, note: { ...made.note, name: path } }
}

/** The last one is the result. */
function graphOf(vertices: readonly ClientVertex[]): ClientGraph {
  const last = vertices.at(-1)
  return { vertices: new Map(vertices.map((one) => [one.digest, one])), root: last === undefined ? undefined : { vertex: last.digest, index: 0 } }
}
