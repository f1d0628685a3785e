import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { BuildHistoryRecordSchema } from '../../api/gen/control_pb.ts'
import { parseHistoryFilter } from './historyFilter.ts'

const NOW = Date.parse('2026-01-02T00:00:00Z')
const at = (text: string): ReturnType<typeof timestampFromMs> => timestampFromMs(Date.parse(text))
const RECORDS = [
  create(BuildHistoryRecordSchema, { Ref: 'running', CreatedAt: at('2026-01-01T23:59:00Z') }),
  create(BuildHistoryRecordSchema, { Ref: 'done', CreatedAt: at('2026-01-01T12:00:00Z'), CompletedAt: at('2026-01-01T12:01:00Z'), FrontendAttrs: { 'vcs:source': 'https://example.com/app.git' } }),
  create(BuildHistoryRecordSchema, { Ref: 'failed', CreatedAt: at('2025-12-30T00:00:00Z'), CompletedAt: at('2025-12-30T00:00:01Z'), error: { code: 2, message: 'exit code: 1' }, FrontendAttrs: { context: 'https://example.com/lib.git#main' } }),
  create(BuildHistoryRecordSchema, { Ref: 'stopped', CreatedAt: at('2025-12-30T00:00:00Z'), CompletedAt: at('2025-12-30T00:00:10Z'), error: { code: 1, message: 'context canceled' } }),
]

describe('parseHistoryFilter', () => {
  for (const { filter, want } of [
    { filter: [], want: ['running', 'done', 'failed', 'stopped'] },
    { filter: ['status==error'], want: ['failed'] },
    { filter: ['status==canceled', 'status==running'], want: ['running', 'stopped'] },
    { filter: ['status!=completed,startedAt<24h'], want: ['failed', 'stopped'] },
    { filter: ['ref~=^(done|fail)'], want: ['done', 'failed'] },
    { filter: ['repository~=app'], want: ['done'] },
    { filter: ['repository==https://example.com/lib.git'], want: ['failed'] },
    { filter: ['completedAt>=2026-01-01T00:00:00Z'], want: ['done'] },
    { filter: ['duration>5s,duration<=60s'], want: ['done', 'stopped'] },
    { filter: ['"ref==done"'], want: ['done'] },
  ]) {
    it(`takes ${JSON.stringify(filter)}`, () => assert.deepEqual(RECORDS.filter(parseHistoryFilter(filter, NOW)).map(({ Ref }) => Ref), want))
  }

  for (const text of ['', 'status', 'status>error', 'duration==1s', 'duration>soon', 'startedAt>2026-13-01T00:00:00Z', 'ref~=(', 'color==red']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseHistoryFilter([text], NOW), { name: 'InvalidValueError' }))
  }
})
