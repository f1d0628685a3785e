import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { showStep } from './showStep.ts'

describe('showStep', () => {
  const cases = [
    { step: 'RUN /bin/sh -c make', want: 'RUN make' },
    { step: 'RUN |2 A=1 B=two words /bin/sh -c make  -j\n  all', want: 'RUN make -j all' },
    { step: 'COPY a /b', want: 'COPY a /b' },
    { step: ' ', want: 'a step that the image does not tell' },
    { step: 'x'.repeat(200), want: `${'x'.repeat(89)}…` },
  ]
  for (const { step, want } of cases) it(`shows ${JSON.stringify(step.slice(0, 40))} as ${want.slice(0, 40)}`, () => assert.equal(showStep(step), want))
})
