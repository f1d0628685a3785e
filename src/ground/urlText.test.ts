import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileNameOfUrl, redactUrls } from './urlText.ts'

describe('redactUrls', () => {
  const CASES: readonly (readonly [text: string, shown: string])[] = [
    ['https://user:secret@host/a', 'https://xxxxx:xxxxx@host/a'],
    ['https://token@host/a', 'https://xxxxx@host/a'],
    ['ADD https://u:p@host/a /b@c', 'ADD https://xxxxx:xxxxx@host/a /b@c'],
    ['https://host/a@b', 'https://host/a@b'],
    ['https://host?x=a@b', 'https://host?x=a@b'],
    ['git@host:a/b', 'git@host:a/b'],
    ['ssh://git@host/a', 'ssh://git@host/a'],
    ['ssh://git:secret@host/a', 'ssh://xxxxx:xxxxx@host/a'],
  ]
  for (const [text, shown] of CASES) it(`shows ${text} as ${shown}`, () => assert.equal(redactUrls(text), shown))
})

describe('fileNameOfUrl', () => {
  const CASES: readonly (readonly [url: string, name: string | undefined])[] = [
    ['https://host/a/b.txt?x=/y#z', 'b.txt'],
    ['https://host/a%20b', 'a b'],
    ['https://host/a/', 'a'],
    ['https://host', undefined],
    ['https://host/', undefined],
    ['https://host/a/..', undefined],
    ['https://host/a%2Fb', 'b'],
    ['https://host/%00', undefined],
    ['https://host/100%', '100%'],
  ]
  for (const [url, name] of CASES) it(`finds ${name ?? 'no name'} in ${url}`, () => assert.equal(fileNameOfUrl(url), name))
})
