import assert from 'node:assert/strict'
import { statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTempFolder } from '../kit/files/tempFolder.ts'
import { describeEngine } from './engineProgram.ts'

describe('describeEngine', () => {
  it('tells two versions apart that were unpacked with one time of change', async () => {
    await using folder = createTempFolder('/tmp')
    const entry = join(folder.path, 'engine.js')
    const keyOf = (text: string): string => {
      writeFileSync(entry, text)
      utimesSync(entry, 1, 1)
      assert.equal(statSync(entry).mtimeMs, 1000)
      return describeEngine(entry, {}, 0).key
    }
    assert.notEqual(keyOf('a'), keyOf('b'))
  })
})
