import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { toLicenseExpression } from './licenseExpression.ts'

/** npm's own parser of SPDX expressions; it has no types. */
const parse = createRequire(import.meta.url)('spdx-expression-parse') as (text: string) => unknown

describe('toLicenseExpression', () => {
  const cases: readonly (readonly [declared: readonly string[], want: string])[] = [
    [[], 'NOASSERTION'],
    [['MIT'], 'MIT'],
    [['mit', 'MIT'], 'MIT'],
    [['GPL-2+'], 'GPL-2.0-or-later'],
    [['GPLv3'], 'GPL-3.0-only'],
    [['LGPLv2.1+'], 'LGPL-2.1-or-later'],
    [['GPL-2.0'], 'GPL-2.0-only'],
    [['Expat', 'Apache-2'], 'Apache-2.0 AND MIT'],
    [['MIT OR Apache-2.0', 'Zlib'], '(MIT OR Apache-2.0) AND Zlib'],
    [['MIT/Apache-2.0'], '(MIT OR Apache-2.0)'],
    [['(MIT and BSD-3-clause) or ISC'], 'MIT AND BSD-3-Clause OR ISC'],
    [['MIT and (BSD-3-clause or ISC)'], '(BSD-3-Clause OR ISC) AND MIT'],
    [['GPL-3+ with Bison exception'], 'GPL-3.0-or-later WITH Bison-exception-2.2'],
    [['GPL-2.0-only WITH Classpath-exception-2.0'], 'GPL-2.0-only WITH Classpath-exception-2.0'],
    [['GPL-3+ with strange exception'], 'LicenseRef-GPL-3-with-strange-exception-#'],
    [['BSD'], 'LicenseRef-BSD'],
    [['LPPL-1.3c+'], 'LPPL-1.3c+'],
    [['MIT License'], 'MIT'],
    [['ASL 2.0 and public domain'], 'Apache-2.0 AND LicenseRef-public-domain-#'],
    [['MIT AND'], 'LicenseRef-MIT-AND-#'],
    [['SEE LICENSE IN x'], 'LicenseRef-SEE-LICENSE-IN-x-#'],
    [['LicenseRef-own'], 'LicenseRef-own'],
  ]
  for (const [declared, want] of cases) it(`takes ${JSON.stringify(declared)} for ${want}`, () => assert.equal(toLicenseExpression(declared).text.replace(/-[0-9a-f]{8}(?= |\)|$)/g, '-#'), want))

  it('writes what others read, whatever was declared, and says what each reference stands for', () => {
    const words = fc.array(fc.constantFrom('MIT', 'GPL-2+', 'and', 'OR', 'with', '(', ')', 'BSD', 'odd ü', '/', 'Bison exception', '+'), { maxLength: 12 }).map((list) => list.join(' '))
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 100 })), { maxLength: 4 }), (declared) => {
        const { text, references } = toLicenseExpression(declared)
        if (text !== 'NOASSERTION') parse(text)
        const named = text.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? []
        assert.deepEqual(new Set(named), new Set(references.keys()))
      }),
    )
  })
  it('gives up on what nests too deep', () => assert.match(toLicenseExpression([`${'('.repeat(50)}MIT${')'.repeat(50)}`]).text, /^LicenseRef-/))
  it('tells names apart that look alike', () => {
    assert.notEqual(toLicenseExpression(['odd one']).text, toLicenseExpression(['odd/one']).text)
  })
})
