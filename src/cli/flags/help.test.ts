import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FlagTable } from './flags.ts'
import { formatHelp } from './help.ts'

const FLAGS = {
  file: { kind: 'text', short: 'f', value: 'PATH', help: 'The file' },
  loud: { kind: 'text', value: 'HOW', help: 'Whether it is heard', bare: 'on' },
  mode: { kind: 'text', value: 'MODE', help: 'How it is done', choices: ['fast', 'slow'], fallback: 'fast', variable: 'MODE' },
  'a-flag-with-a-very-long-name': { kind: 'list', value: 'VALUE', help: 'What it means takes so many words to tell that one line of the terminal does not hold them' },
} as const satisfies FlagTable

describe('formatHelp', () => {
  it('draws the flag table, in the width of the terminal', () => {
    const text = formatHelp('pelago thing', { usage: '[OPTIONS] PATH', summary: 'Do a thing', flags: FLAGS }, 80)
    assert.equal(
      text,
      [
        'Usage:  pelago thing [OPTIONS] PATH',
        '',
        'Do a thing',
        '',
        'Options:',
        '      --a-flag-with-a-very-long-name VALUE',
        '                                  What it means takes so many words to tell that',
        '                                  one line of the terminal does not hold them',
        '                                  (may be repeated)',
        '  -f, --file PATH                 The file',
        '  -h, --help                      Show this help',
        '      --loud[=HOW]                Whether it is heard',
        '      --mode MODE                 How it is done (fast, slow) (default $MODE,',
        '                                  else fast)',
        '',
      ].join('\n'),
    )
  })
})
