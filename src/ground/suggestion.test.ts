import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { suggest } from './suggestion.ts'

describe('suggest', () => {
  const cases = [
    { word: 'FORM', options: ['RUN', 'FROM', 'COPY'], want: 'did you mean FROM?' },
    { word: 'copi', options: ['RUN', 'FROM', 'COPY'], want: 'did you mean COPY?' },
    { word: 'nothing', options: ['RUN', 'FROM'], want: undefined },
    { word: 'xy', options: ['ab'], want: undefined },
    { word: 'bse', options: ['bases', 'base'], want: 'did you mean base?' },
    { word: 'x', options: [], want: undefined },
  ]
  for (const { word, options, want } of cases) it(`says ${want ?? 'nothing'} to ${word}`, () => assert.equal(suggest(word, options), want))
})
