import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '../flags/usageError.ts'
import { parseRowFormat } from './rowFormat.ts'

const ROWS = [
  { ID: 'ab', CreatedSince: '2 days ago', Owner: { Name: 'x' } },
  { ID: 'abcdef', CreatedSince: 'now', Owner: { Name: 'yy' } },
]

function apply(text: string): string | undefined {
  const format = parseRowFormat(text, new Map([['ID', 'IMAGE ID']]))
  return format.kind === 'default' ? undefined : format.apply(ROWS)
}

describe('parseRowFormat', () => {
  const cases = [
    { text: 'table', want: undefined },
    { text: '', want: undefined },
    { text: '{{.ID}}', want: 'ab\nabcdef\n' },
    { text: 'json', want: `${JSON.stringify(ROWS[0])}\n${JSON.stringify(ROWS[1])}\n` },
    { text: 'table {{.ID}}', want: 'IMAGE ID\nab\nabcdef\n' },
    { text: 'table {{.ID}}\\t{{.CreatedSince}}', want: 'IMAGE ID   CREATED SINCE\nab         2 days ago\nabcdef     now\n' },
    { text: 'table {{.ID}}\t{{.Owner.Name}}', want: 'IMAGE ID   NAME\nab         x\nabcdef     yy\n' },
    { text: 'table {{.ID}}: {{.CreatedSince}}', want: 'IMAGE ID: CREATED SINCE\nab: 2 days ago\nabcdef: now\n' },
  ]
  for (const { text, want } of cases) it(`applies ${JSON.stringify(text)}`, () => assert.equal(apply(text), want))
  it('refuses a field that no row has', () => assert.throws(() => apply('table {{.Nope}}'), UsageError))
})
