import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findHead, findRef, type GitCommit } from './gitRefs.ts'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]
const REFS = [`${A}\trefs/heads/main`, `${B}\trefs/heads/feature/main`, `${B}\trefs/tags/main`, `${C}\trefs/tags/v1`, `${A}\trefs/tags/v1^{}`, `${B}\trefs/pull/7/head`].join('\n')

describe('findRef', () => {
  const CASES: readonly (readonly [ref: string, found: GitCommit | undefined])[] = [
    ['main', { commit: A, object: A, refName: 'refs/heads/main' }],
    ['refs/tags/main', { commit: B, object: B, refName: 'refs/tags/main' }],
    ['v1', { commit: A, object: C, refName: 'refs/tags/v1' }],
    ['pull/7/head', { commit: B, object: B, refName: 'refs/pull/7/head' }],
    ['head', undefined],
    ['refs/heads/none', undefined],
  ]
  for (const [ref, found] of CASES) it(`finds ${found?.refName ?? 'nothing'} for ${ref}`, () => assert.deepEqual(findRef(REFS, ref), found))
})

describe('findHead', () => {
  it('knows the branch where the server says it', () => assert.deepEqual(findHead(`ref: refs/heads/main\tHEAD\n${A}\tHEAD\n`), { commit: A, object: A, refName: 'refs/heads/main' }))
  it('does without the branch', () => assert.deepEqual(findHead(`${A}\tHEAD\n`), { commit: A, object: A, refName: '' }))
  it('finds nothing in an empty repository', () => assert.equal(findHead(''), undefined))
})
