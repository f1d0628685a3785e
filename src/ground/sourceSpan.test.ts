import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatSpan } from './sourceSpan.ts'

const source = { filename: 'Dockerfile', text: ['FROM a', 'RUN b \\', '  c', 'COPY d e', 'CMD f', 'USER g'].join('\n') }

describe('formatSpan', () => {
  const cases = [
    {
      name: 'marks the lines of the span and shows two on either side',
      span: { source, startLine: 3, endLine: 4 },
      want: ['Dockerfile:3', '--------------------', '   1 |     FROM a', '   2 |     RUN b \\', '   3 | >>>   c', '   4 | >>> COPY d e', '   5 |     CMD f', '   6 |     USER g', '--------------------'],
    },
    {
      name: 'stops at the beginning of the text',
      span: { source, startLine: 1, endLine: 1 },
      want: ['Dockerfile:1', '--------------------', '   1 | >>> FROM a', '   2 |     RUN b \\', '   3 |       c', '--------------------'],
    },
    {
      name: 'leaves out the carriage returns of a file from Windows',
      span: { source: { filename: 'x', text: 'FROM a\r\nRUN b\r\n' }, startLine: 2, endLine: 2 },
      want: ['x:2', '--------------------', '   1 |     FROM a', '   2 | >>> RUN b', '--------------------'],
    },
  ]
  for (const { name, span, want } of cases) it(name, () => assert.deepEqual(formatSpan(span).split('\n'), want))
  it('gives the numbers as much room as the last of them needs', () => {
    const long = { filename: 'x', text: 'RUN a\n'.repeat(12_000) }
    assert.ok(formatSpan({ source: long, startLine: 11_000, endLine: 11_000 }).includes('\n 11000 | >>> RUN a\n'))
  })
})
