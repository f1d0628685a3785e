import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { emptyImageConfig } from '../../ground/oci/imageConfig.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import type { Solver } from '../../solver/solver.ts'
import type { BuildDeps } from './buildDeps.ts'
import { createBuilt, type BuiltParts } from './built.ts'

describe('what is built', () => {
  it('is solved once for all who wait, whoever of them leaves', async () => {
    const begun = Promise.withResolvers<undefined>()
    const solved = Promise.withResolvers<readonly string[]>()
    let count = 0
    const solve: Solver['solve'] = async (_graph, _roots, _waiter, signal) => {
      count += 1
      begun.resolve(undefined)
      return await orAborted(solved.promise, signal)
    }
    const platform = parsePlatform('linux/amd64')
    const image = { graph: new Map(), root: { vertex: digestOf(Buffer.from('root')), index: 0 }, config: emptyImageConfig(platform), layerSpans: [] }
    const deps = { solver: { solve }, caches: { forget: async () => undefined } } as unknown as BuildDeps
    const built = createBuilt(deps, { platforms: [{ id: 'linux/amd64', platform, image }], isMultiPlatform: false, epochSeconds: undefined } as unknown as BuiltParts)
    const [first, second] = [new AbortController(), new AbortController()]
    const left = built.solve(0, first.signal)
    const stays = built.solve(0, second.signal)
    await begun.promise
    first.abort(new Error('left'))
    await assert.rejects(left, { message: 'left' })
    solved.resolve(['result'])
    assert.equal(await stays, 'result')
    assert.equal(await built.solve(0, second.signal), 'result')
    assert.equal(count, 1)
  })
})
