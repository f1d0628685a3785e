import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { asByteString, fromText } from '../../kit/byteString.ts'
import { findOwnRemovals, type CopiedTrees } from './copyRemovals.ts'

describe('findOwnRemovals', () => {
  let folder: string
  let trees: CopiedTrees
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pelago-removals-'))
    write('outside/x', 'source/kept', 'target/kept', 'below/app/base')
    const at = (name: string): CopiedTrees['source'] => fromText(join(folder, name))
    trees = { source: at('source'), target: at('target'), below: at('below'), way: asByteString('app') }
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const find = (...removed: string[]): unknown => findOwnRemovals(new Set(removed.map(asByteString)), trees)
  const link = (path: string): void => symlinkSync(join(folder, 'outside'), join(folder, path))
  function write(...paths: string[]): void {
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), '')
    }
  }

  it('tells what the source has no more, and of a folder that came again what it lacks', () => {
    write('target/gone', 'target/again/gone', 'target/again/kept', 'source/again/kept')
    assert.deepEqual(find('gone', 'again', 'kept', 'never'), ['gone', 'again/gone'])
  })
  it('tells nothing that a link of the copy leads to', () => {
    link('target/link')
    assert.deepEqual(find('link/x'), [])
    assert.deepEqual(find('link/x', 'link'), ['link'])
  })
  it('does not take what a link of the source leads to for what was copied', () => {
    write('target/folder/x')
    link('source/folder')
    assert.deepEqual(find('folder/x'), ['folder/x'])
  })
  it('does not know what is below, or where a link there leads', () => {
    write('target/base', 'target/link/y')
    assert.equal(find('base'), undefined)
    link('below/app/link')
    assert.equal(find('link/y'), undefined)
  })
  it('does not know what came to be of another kind', () => {
    write('target/kind/x', 'source/kind')
    assert.equal(find('kind'), undefined)
  })
})
