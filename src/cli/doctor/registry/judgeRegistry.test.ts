import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { observe, type Ability, type Observation } from '../../../registry/probe/observation.ts'
import { parseRegistryTarget } from './examineRegistry.ts'
import { holdsSeveralPlatforms, judgeRegistry } from './judgeRegistry.ts'

const seen = (...pairs: readonly (readonly [Ability, Observation['outcome']])[]): readonly Observation[] => pairs.map(([ability, outcome]) => observe(ability, outcome, 'seen'))

describe('judgeRegistry', () => {
  const cases: { name: string; observations: readonly Observation[]; states: string[]; remedy: RegExp }[] = [
    { name: 'warns of an OCI index that is refused where a Docker list is taken', observations: seen(['OCI index', 'no'], ['Docker list', 'yes']), states: ['warn', 'ok'], remedy: /Docker list is pushed instead/ },
    { name: 'fails where both are refused, and says what to do', observations: seen(['OCI index', 'no'], ['Docker list', 'no']), states: ['fail', 'fail'], remedy: /a tag of its own: pelago build/ },
    { name: 'fails where the login does not work', observations: seen(['login', 'no']), states: ['fail'], remedy: /pelago login here:5000/ },
    { name: 'takes the word of the error before its own', observations: [observe('reachable', 'no', 'refused', 'check the port')], states: ['fail'], remedy: /^check the port$/ },
  ]
  for (const { name, observations, states, remedy } of cases) {
    it(name, () => {
      const findings = judgeRegistry(observations, 'here:5000')
      assert.deepEqual(findings.map(({ state }) => state), states)
      assert.match(findings[0]?.remedy ?? '', remedy)
    })
  }

  it('has nothing to advise on what is there, or could not be found out', () => {
    assert.deepEqual(judgeRegistry(seen(['mounts', 'yes'], ['pull', 'unknown']), 'here').map(({ remedy }) => remedy), [undefined, undefined])
  })
})

describe('holdsSeveralPlatforms', () => {
  const cases = [
    { observations: seen(['push', 'yes']), want: undefined },
    { observations: seen(['OCI index', 'no'], ['Docker list', 'poor']), want: true },
    { observations: seen(['OCI index', 'no'], ['Docker list', 'no']), want: false },
  ]
  for (const { observations, want } of cases) {
    it(`is ${String(want)} of ${observations.map(({ ability, outcome }) => `${ability}: ${outcome}`).join(', ')}`, () => assert.equal(holdsSeveralPlatforms(observations), want))
  }
})

describe('parseRegistryTarget', () => {
  const cases = [
    { text: 'localhost', want: { host: 'localhost', repository: undefined, tag: undefined } },
    { text: 'https://ghcr.io/', want: { host: 'ghcr.io', repository: undefined, tag: undefined } },
    { text: '[::1]:5000', want: { host: '[::1]:5000', repository: undefined, tag: undefined } },
    { text: 'ghcr.io/team/app', want: { host: 'ghcr.io', repository: 'team/app', tag: undefined } },
    { text: 'localhost:5000/app:1.0', want: { host: 'localhost:5000', repository: 'app', tag: '1.0' } },
    { text: 'busybox', want: { host: 'docker.io', repository: 'library/busybox', tag: undefined } },
  ]
  for (const { text, want } of cases) it(`reads ${text}`, () => assert.deepEqual(parseRegistryTarget(text), want))
  it('refuses nothing at all', () => assert.throws(() => parseRegistryTarget('https://'), { name: 'UsageError' }))
})
