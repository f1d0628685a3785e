import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from './errors.ts'
import { isCommit, parseGitReference, type GitReference } from './gitReference.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const EMPTY: GitReference = { remote: '', scheme: 'https', ref: '', folder: '', checksum: '', keepGitFolder: undefined, submodules: undefined, mtime: undefined, fetchByCommit: undefined, looksLikePath: false }

const READ: readonly (readonly [text: string, expected: Partial<GitReference>])[] = [
  ['https://host/a/b.git', { remote: 'https://host/a/b.git' }],
  ['http://host/b.git#main', { remote: 'http://host/b.git', scheme: 'http', ref: 'main' }],
  ['https://host/b.git#main:docs/x', { remote: 'https://host/b.git', ref: 'main', folder: 'docs/x' }],
  ['https://host/b.git#:docs', { remote: 'https://host/b.git', folder: 'docs' }],
  ['https://host/b.git#release%2F1', { remote: 'https://host/b.git', ref: 'release/1' }],
  ['https://user:pass@host:8443/b.git', { remote: 'https://user:pass@host:8443/b.git' }],
  ['git://host/b', { remote: 'git://host/b', scheme: 'git' }],
  ['ssh://git@host:22/b.git#v1', { remote: 'ssh://git@host:22/b.git', scheme: 'ssh', ref: 'v1' }],
  ['git@host:a/b.git#v1:x', { remote: 'git@host:a/b.git', scheme: 'ssh', ref: 'v1', folder: 'x' }],
  ['me@host:b?branch=dev', { remote: 'me@host:b', scheme: 'ssh', ref: 'refs/heads/dev' }],
  ['github.com/a/b#v1', { remote: 'https://github.com/a/b', ref: 'v1', looksLikePath: true }],
  ['https://host/b.git?ref=v1&subdir=x', { remote: 'https://host/b.git', ref: 'v1', folder: 'x' }],
  ['https://host/b.git?tag=v1', { remote: 'https://host/b.git', ref: 'refs/tags/v1' }],
  ['https://host/b.git?tag=refs/tags/v1', { remote: 'https://host/b.git', ref: 'refs/tags/v1' }],
  [`https://host/b.git?commit=${COMMIT}`, { remote: 'https://host/b.git', ref: COMMIT, checksum: COMMIT }],
  ['https://host/b.git?branch=main&checksum=0123', { remote: 'https://host/b.git', ref: 'refs/heads/main', checksum: '0123' }],
  ['https://host/b.git?keep-git-dir&submodules=0', { remote: 'https://host/b.git', keepGitFolder: true, submodules: false }],
  ['https://host/b.git?mtime=commit&fetch-by-commit=true', { remote: 'https://host/b.git', mtime: 'commit', fetchByCommit: true }],
  ['https://host/b.git?ref=main#main', { remote: 'https://host/b.git', ref: 'main' }],
]

const OTHER = ['https://host/file.tar.gz', 'http://host/git', './x.git', '../b.git', 'folder', '/abs.git', 'host:path', 'docker-image://alpine', 'ftp://host/b.git', '']

const REFUSED: readonly (readonly [text: string, message: RegExp])[] = [
  ['https://host/b.git?nope=1', /unexpected query "nope"/],
  ['https://host/b.git?ref', /query "ref" of a git reference has no value/],
  ['https://host/b.git?ref=a&ref=b', /multiple values/],
  ['https://host/b.git?ref=a#b', /ref conflicts/],
  ['https://host/b.git?tag=a&branch=b', /branch conflicts with tag/],
  ['https://host/b.git?subdir=a#b:c', /subdir conflicts/],
  ['https://host/b.git?keep-git-dir=maybe', /invalid keep-git-dir value/],
  ['https://host/b.git?mtime=never', /invalid mtime value/],
]

describe('parseGitReference', () => {
  for (const [text, expected] of READ) it(`reads ${text}`, () => assert.deepEqual(parseGitReference(text), { ...EMPTY, ...expected }))
  for (const text of OTHER) it(`sees no git reference in ${JSON.stringify(text)}`, () => assert.equal(parseGitReference(text), undefined))
  for (const [text, message] of REFUSED) it(`refuses ${text}`, () => assert.throws(() => parseGitReference(text), message))
  it('takes ref and folder apart from whatever remote', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9/._-]{0,20}$/)
    fc.assert(
      fc.property(name, name, name, (path, ref, folder) => {
        const read = parseGitReference(`https://host/${path}.git#${ref}:${folder}`)
        assert.deepEqual([read?.remote, read?.ref, read?.folder], [`https://host/${path}.git`, ref, folder])
      }),
    )
  })
  it('reads any text, or refuses it as a value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true, withFragments: true })), (text) => {
        try {
          parseGitReference(text)
        } catch (error) {
          assert.ok(error instanceof InvalidValueError)
        }
      }),
    )
  })
})

describe('isCommit', () => {
  const CASES: readonly (readonly [ref: string, is: boolean])[] = [[COMMIT, true], [COMMIT.toUpperCase(), false], [COMMIT.slice(1), false], ['a'.repeat(64), true], ['main', false]]
  for (const [ref, is] of CASES) it(`${ref} ${is ? 'is' : 'is not'} one`, () => assert.equal(isCommit(ref), is))
})
