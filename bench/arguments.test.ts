import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '../src/cli/flags/usageError.ts'
import { parseArguments } from './arguments.ts'
import { SCENARIOS } from './scenarios/all.ts'

describe('the arguments of the benchmarks', () => {
  const parse = (...argv: string[]) => parseArguments(argv, SCENARIOS)

  it('ask for everything, small, where nothing is said', () => {
    const request = parse()
    assert.ok(request !== 'help')
    assert.deepEqual([request.scenarios, request.runs, request.scale], [SCENARIOS.filter(({ isLong }) => isLong !== true), 3, 'small'])
  })
  it('take more runs of the full scale, and what takes long', () => assert.partialDeepStrictEqual(parse('--scale', 'full'), { scenarios: SCENARIOS, runs: 5, scale: 'full' }))
  it('take what takes long at the small scale where it is named', () => assert.partialDeepStrictEqual(parse('emulated-installs'), { scenarios: SCENARIOS.filter(({ name }) => name === 'emulated-installs'), scale: 'small' }))
  it('always measure Pelago', () => assert.partialDeepStrictEqual(parse('cached', '--peer', 'buildah,buildkit', '--runs=1'), { contestants: ['pelago', 'buildkit', 'buildah'], runs: 1 }))
  it('can measure Pelago alone', () => assert.partialDeepStrictEqual(parse('--peer=none'), { contestants: ['pelago'] }))
  it('show help', () => assert.equal(parse('--help'), 'help'))
  for (const [name, argv, message] of [
    ['a scenario that there is not', ['cold-fusion'], /no scenario "cold-fusion"/],
    ['a peer that there is not', ['--peer', 'kaniko'], /no peer "kaniko"/],
    ['no runs', ['--runs', '0'], /not a number of runs: "0"/],
    ['a scale that there is not', ['--scale', 'huge'], /huge/],
    ['scenarios of a file', ['--from', 'x.json', 'cached'], /--from takes no scenarios/],
  ] as const) {
    it(`refuse ${name}`, () => assert.throws(() => parse(...argv), (error) => error instanceof UsageError && message.test(error.message)))
  }
})
