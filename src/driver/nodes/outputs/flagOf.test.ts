import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../../ground/errors.ts'
import type { OutputRequest } from '../../driver.ts'
import { flagOf } from './flagOf.ts'
import { assertSplits } from './splitFolder.ts'
import { OutputNotSplitError } from './splitOutput.ts'
import { createWholeOutputs } from './wholeOutputs.ts'

const PART = { platforms: [], blobs: undefined }

function typeAtNode(push: string): string | undefined {
  const output: OutputRequest = { type: 'image', attributes: new Map([['name', 'r.io/app'], ['push', push]]), destination: { kind: 'none' } }
  const outputs = createWholeOutputs([output], { stdout: process.stdout, storeArchive: async () => undefined, scratch: () => '/nowhere', isStoreHere: false })
  return outputs.requestsFor(PART)[0][0]?.type
}

describe('a flag of an output', () => {
  const cases = [
    { value: '1', want: true },
    { value: 'T', want: true },
    { value: 'true', want: true },
    { value: '', want: true },
    { value: '0', want: false },
    { value: 'f', want: false },
    { value: 'False', want: false },
  ]
  for (const { value, want } of cases) it(`is ${want} as ${JSON.stringify(value)}`, () => assert.equal(flagOf(new Map([['push', value]]), 'push', !want), want))
  it('is what it is without one where it is absent', () => assert.deepEqual([flagOf(new Map(), 'push', true), flagOf(new Map(), 'push', false)], [true, false]))
  it('refuses "yes"', () => assert.throws(() => flagOf(new Map([['push', 'yes']]), 'push', false), InvalidValueError))

  it('pushes from a node with push=1', () => assert.equal(typeAtNode('1'), 'image'))
  it('stores here with push=0', () => assert.equal(typeAtNode('0'), 'oci'))
  it('splits no files with platform-split=f', () => {
    const output: OutputRequest = { type: 'local', attributes: new Map([['platform-split', 'f']]), destination: { kind: 'folder', path: '/out' } }
    assert.throws(() => assertSplits(output), OutputNotSplitError)
  })
})
