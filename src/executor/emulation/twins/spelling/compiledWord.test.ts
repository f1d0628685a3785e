import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { debianWords, findWords, type WordPair } from './compiledWord.ts'

const WORDS = debianWords('amd64', 'arm64')

/** As it is found, with what is to stand there. */
function respelled(native: string, target: string, words: WordPair): string | undefined {
  const bytes = Buffer.from(native, 'latin1')
  const found = findWords(bytes, Buffer.from(target, 'latin1'), words)
  for (const { offset, text } of found ?? []) bytes.write(text, offset, 'latin1')
  return found === undefined ? undefined : bytes.toString('latin1')
}

describe('a compiled word', () => {
  const cases: readonly (readonly [sentence: string, native: string, target: string, expected: string | undefined, words?: WordPair])[] = [
    ['is told from the text around it', '\0amd64\0 1.0 (amd64)\0', '\0arm64\0 1.0 (arm64)\0', '\0arm64\0 1.0 (arm64)\0'],
    ['may be in an instruction, without its end', '\xc7D$pamd6H\xc6D$t4', '\0arm64\0', '\xc7D$parm6H\xc6D$t4'],
    ['may be in an instruction of the other one', '\0arm64\0', '\xc7D$pamd6H', '\0amd64\0', debianWords('arm64', 'amd64')],
    ['is none where neither has it', 'abc', 'defgh', 'abc'],
    ['is not in a longer one that both have', '\0amd64\0amd64-microcode\0', '\0arm64\0amd64-microcode\0', '\0arm64\0amd64-microcode\0'],
    ['is not known where a longer one is in one of them', '\0amd64\0linux-amd64\0', '\0arm64\0linux-arm64\0', undefined],
    ['is not known where there are more of it in one', '\0amd64\0amd64\0', '\0arm64\0', undefined],
    ['is not known where only the other one has it', 'abc', '\0arm64\0', undefined],
    ['is not known where one names both', '\0amd64\0arm64\0', '\0arm64\0amd64\0', undefined],
    ['has another end only where it is whole', '\0amd64\0', '\0s390x\0', '\0s390x\0', debianWords('amd64', 's390x')],
    ['is not known in an instruction where it has another end', 'pamd6H', '\0s390x\0', undefined, debianWords('amd64', 's390x')],
    ['is not known where it is longer', '\0amd64\0', '\0riscv64\0', undefined, debianWords('amd64', 'riscv64')],
    ['is called as Debian calls it', '\0amd64\0', '\0armhf\0', '\0armhf\0', debianWords('amd64', 'arm')],
  ]
  for (const [sentence, native, target, expected, words = WORDS] of cases) {
    it(sentence, () => assert.equal(respelled(native, target, words), expected))
  }
  it('makes of one program the other one, wherever it is', () => {
    const filler = fc.string({ unit: fc.constantFrom(' ', '\0', '(', ')', '\xff', 'z z') })
    const others = fc.constantFrom('amd64-microcode', 'x-arm64', 'plain')
    fc.assert(
      fc.property(fc.array(fc.tuple(filler, fc.option(others))), fc.array(fc.tuple(filler, fc.constant(' '))), (parts, ends) => {
        const render = (word: string): string => [...parts, ...ends].map(([text, other]) => `${text} ${other ?? word} `).join('')
        assert.equal(respelled(render('amd64'), render('arm64'), WORDS), render('arm64'))
      }),
    )
  })
})
