import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BuildRequest } from '../driver.ts'
import { planSessions } from './sessionPlan.ts'
import { buildRequest } from './targetRequest.suite.ts'

const toFile = (path: string): Partial<BuildRequest> => ({ outputs: [{ type: 'tar', attributes: new Map(), destination: { kind: 'file', path } }] })
const toStore: Partial<BuildRequest> = { outputs: [{ type: 'image', attributes: new Map(), destination: { kind: 'none' } }] }
const secret = (value: string): Partial<BuildRequest> => ({ secrets: new Map([['token', { kind: 'env', value }]]) })

describe('the sessions of several builds', () => {
  const cases: readonly (readonly [name: string, requests: readonly Partial<BuildRequest>[], sessions: readonly number[]])[] = [
    ['are one for builds that bring nothing back', [toStore, toStore, {}], [0, 0, 0]],
    ['are one for each that brings files back', [toFile('a'), toStore, toFile('b'), toFile('c')], [0, 0, 1, 2]],
    ['are one where a name means the same to all', [secret('x'), secret('x')], [0, 0]],
    ['are apart where a name means two things', [secret('x'), secret('y'), {}, secret('y')], [0, 1, 0, 1]],
    ['are apart for two layouts of one name', [{ stores: new Map([['layout1', '/a']]) }, { stores: new Map([['layout1', '/b']]) }], [0, 1]],
  ]
  for (const [name, requests, sessions] of cases) it(name, () => assert.deepEqual(planSessions(requests.map(buildRequest), true).sessionOf, sessions))

  it('have all folders in the first, and each its own files to take', () => {
    const [first, second] = planSessions([{ ...toFile('a'), folders: new Map([['one', '/one']]) }, { ...toFile('b'), folders: new Map([['two', '/two']]) }].map(buildRequest), true).sessions
    assert.deepEqual([[...(first?.folders ?? [])], second?.folders.size], [[['one', '/one'], ['two', '/two']], 0])
    assert.deepEqual([first?.outputs, second?.outputs], [toFile('a').outputs, toFile('b').outputs])
  })
  it('are one for each where a name means two folders, and stays as it is', () => {
    const [one, two] = ['/one', '/two'].map((path) => buildRequest({ folders: new Map([['context', path]]) }))
    const { sessions, sessionOf } = planSessions([one, two, one].flatMap((request) => request ?? []), false)
    assert.deepEqual([sessionOf, sessions.map(({ folders }) => folders.get('context'))], [[0, 1, 0], ['/one', '/two']])
  })
})
