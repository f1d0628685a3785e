import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BuildWarning } from '../../progress/progressEvent.ts'
import { formatWarnings } from './warnings.ts'

const source = { filename: 'Dockerfile', text: 'FROM a\nRUN b \\\n  c \\\n  d \\\n  e\nCMD f' }
const warning: BuildWarning = { kind: 'warning', vertex: undefined, at: 0, message: 'Rule: bad (line 6)', detail: ['in general'], url: 'https://x.io/rule', span: { source, startLine: 6, endLine: 6 } }
const paint = (_: string, text: string): string => text

describe('formatWarnings', () => {
  it('says nothing of none', () => assert.deepEqual(formatWarnings([], { isDebug: false, paint }), []))
  it('counts them, and shows the lines they are about', () => {
    const long: BuildWarning = { ...warning, message: 'Other: worse', span: { source, startLine: 2, endLine: 5 } }
    assert.deepEqual(formatWarnings([warning, long, { ...warning, message: 'no place', span: undefined }], { isDebug: false, paint }), [
      '',
      ' 3 warnings found (use --debug to expand):',
      ' - Rule: bad (line 6)',
      '   6 | CMD f',
      ' - Other: worse (Dockerfile:2)',
      '   2 | RUN b \\',
      '   3 |   c \\',
      '   4 |   d \\',
      '     | …',
      ' - no place',
    ])
  })
  it('tells all of them where asked to', () => {
    assert.deepEqual(formatWarnings([warning], { isDebug: true, paint }), [
      '',
      ' 1 warning found:',
      ' - Rule: bad (line 6)',
      'in general',
      'More info: https://x.io/rule',
      'Dockerfile:6',
      '--------------------',
      '   4 |       d \\',
      '   5 |       e',
      '   6 | >>> CMD f',
      '--------------------',
      '',
    ])
  })
})
