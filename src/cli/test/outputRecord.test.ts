import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtempDisposable, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createLineSplitter } from './lineSplitter.ts'
import { createOutputRecord } from './outputRecord.ts'

describe('createOutputRecord', () => {
  it('gives back what is short', async () => {
    await using record = createOutputRecord('a')
    await record.append(Buffer.from('one\n'))
    await record.append(Buffer.from('two\n'))
    assert.deepEqual(await record.keep(), { text: 'one\ntwo\n', sizeBytes: 8, file: undefined })
  })
  it('puts what is long into a file, and gives back its end from a line\'s beginning on', async () => {
    await using record = createOutputRecord('linux/arm64 #2')
    const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`)
    for (const line of lines) await record.append(Buffer.from(line))
    const { text, sizeBytes, file = '' } = await record.keep()
    assert.match(file, /linux-arm64-2\.log$/)
    assert.equal(readFileSync(file, 'utf8'), lines.join(''))
    assert.equal(sizeBytes, lines.join('').length)
    assert.ok(text.length <= 64 * 1024 && text.startsWith('line ') && text.endsWith('line 49999\n'))
    await rm(dirname(file), { recursive: true })
  })
  it('leaves no file of what is not kept', async () => {
    await using parent = await mkdtempDisposable(join(tmpdir(), 'pelago-record-'))
    {
      await using record = createOutputRecord('a', parent.path)
      await record.append(Buffer.alloc(300_000))
      assert.equal(readdirSync(parent.path).length, 1)
    }
    assert.deepEqual(readdirSync(parent.path), [])
  })
})

describe('createLineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '😀', '\n', '\r\n') })), fc.nat(7), (parts, cut) => {
      const bytes = Buffer.from(parts.join(''))
      const collect = (size: number): readonly string[] => {
        const lines: string[] = []
        const splitter = createLineSplitter((line) => lines.push(line))
        for (let at = 0; at < bytes.byteLength; at += size) splitter.push(bytes.subarray(at, at + size))
        splitter.end()
        return lines
      }
      assert.deepEqual(collect(cut + 1), collect(Math.max(1, bytes.byteLength)))
    }))
  })
})
