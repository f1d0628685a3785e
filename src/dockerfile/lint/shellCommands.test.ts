import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readShellCommands } from './shellCommands.ts'

describe('readShellCommands', () => {
  const cases: readonly (readonly [script: string, commands: readonly string[]])[] = [
    ['apt-get update && apt-get install -y "a b" \'c d\'', ['apt-get|update', 'apt-get|install|-y|a b|c d']],
    ['GOOS=linux GOARCH="$TARGETARCH" go build -o /out ./...', ['GOOS=linux,GOARCH=$TARGETARCH: go|build|-o|/out|./...']],
    ['export A=b C; D=e', ['A=b: C', 'D=e: ']],
    ['if [ "$(uname -m)" = x ]; then a | b; else c; fi', ['uname|-m', '[|$(uname -m)|=|x|]', 'a', 'b', 'c', 'fi']],
    ['curl "https://x.io/$(uname -s)-$(uname -m)" -o y', ['uname|-s', 'uname|-m', 'curl|https://x.io/$(uname -s)-$(uname -m)|-o|y']],
    ['a `b c` $(d $(e))', ['b|c', 'e', 'd|$(e)', 'a|`b c`|$(d $(e))']],
    ['a # b && c\nd', ['a', 'd']],
    ['a \\\n  b > out 2>&1', ['a|b|out|2|1']],
    ["echo 'unclosed", ['echo|unclosed']],
    ['sudo env A=1 make', ['A=1: make']],
    ['echo $((1 + 2)) a#b', ['echo|$', '1|+|2', 'a#b']],
    ['', []],
  ]
  for (const [script, want] of cases) {
    it(`reads ${JSON.stringify(script)}`, () => {
      const got = readShellCommands(script).map(({ assignments, words }) => `${[...assignments].map(([name, value]) => `${name}=${value}`).join(',')}${assignments.size > 0 ? ': ' : ''}${words.join('|')}`)
      assert.deepEqual([...got].sort(), [...want].sort())
    })
  }
  it('reads any text to its end', () => {
    const text = fc.array(fc.constantFrom('$(', ')', '"', "'", '`', '\\', '\n', ' ', 'a', '#', ';', '&&', '|', '<', '=', '$')).map((parts) => parts.join(''))
    fc.assert(fc.property(text, (script) => void readShellCommands(script)))
  })
})
