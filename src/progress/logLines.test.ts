import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogLines } from './logLines.ts'

describe('createLogLines', () => {
  const cases = [
    { name: 'joins a line that comes in pieces', chunks: ['a', 'b\nc'], want: [['ab']], rest: ['c'] },
    { name: 'takes CRLF for one end', chunks: ['a\r\nb\r\n'], want: [['a', 'b']], rest: [] },
    { name: 'keeps what was written last over a line', chunks: ['10%\r20%\r100%\n'], want: [['100%']], rest: [] },
    { name: 'keeps empty lines', chunks: ['\n\n'], want: [['', '']], rest: [] },
  ]
  for (const { name, chunks, want, rest } of cases) {
    it(name, () => {
      const lines = createLogLines()
      const got = chunks.map((chunk) => lines.push(Buffer.from(chunk))).filter((complete) => complete.length > 0)
      assert.deepEqual(got, want)
      assert.deepEqual(lines.flush(), rest)
    })
  }
  it('joins a character that comes in pieces', () => {
    const lines = createLogLines()
    const bytes = Buffer.from('é\n')
    assert.deepEqual([...lines.push(bytes.subarray(0, 1)), ...lines.push(bytes.subarray(1))], ['é'])
  })
  it('gives a line without end in pieces', () => {
    const lines = createLogLines()
    assert.equal(lines.push(Buffer.alloc(20_000, 'x')).length, 1)
    assert.deepEqual(lines.flush(), [])
  })
})
