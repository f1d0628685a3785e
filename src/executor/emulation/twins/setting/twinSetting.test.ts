import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { areAccountsFiles, areHostsPlain, type FoundTwin } from '../findTwins.ts'
import { withCopies } from '../spelling/spelledStart.ts'
import { parseCount, planLinks } from './twinSetting.ts'
import { ARGV0 } from './twinTable.ts'

const file = { device: 1n, inode: 1n, sizeBytes: 1n, mtimeNs: 1n, ctimeNs: 1n }
const twin = (executed: string, calledAs: FoundTwin['calledAs'], start: Partial<FoundTwin['start']> = {}): FoundTwin => ({ file, calledAs, call: {}, start: { folder: '/dev/.pelago/root', executed, words: [ARGV0], ...start } })

describe('the links of twins', () => {
  it('have a folder for each file that is executed, and a name for each that is called', () => {
    const { links, starts } = planLinks([twin('lib/ld.so', ['dash', 'sh']), twin('bin/static', ['static']), twin('lib/ld.so', ['cat'])])
    assert.deepEqual([...links], [['0/dash', '../../root/lib/ld.so'], ['0/sh', '../../root/lib/ld.so'], ['1/static', '../../root/bin/static'], ['0/cat', '../../root/lib/ld.so']])
    assert.deepEqual(starts.map(({ start }) => `${start.linkFolder}${start.link}`), ['/dev/.pelago/run/0/dash', '/dev/.pelago/run/1/static', '/dev/.pelago/run/0/cat'])
  })
})

describe('the copies of twins', () => {
  it('stand in for program and libraries, each once', () => {
    const [program, library] = ['usr/bin/tool', 'usr/lib/libtool.so.1.2'].map((path) => ({ folder: '/dev/.pelago/root', file: { path, identity: file, givesRights: false }, spellings: [{ offset: 1, text: 'arm64' }] }))
    assert.ok(program !== undefined && library !== undefined)
    const start = { folder: '/dev/.pelago/root', executed: 'lib/ld.so', words: [ARGV0, '--library-path', '/dev/.pelago/root/lib', '--argv0', ARGV0, '/dev/.pelago/root/usr/bin/tool'] } as const
    const copied = withCopies(start, program.file, [{ path: 'copies/usr/bin/tool', ...program }, { path: 'copies/lib/libtool.so.1', ...library }])
    assert.deepEqual(copied?.words, [ARGV0, '--library-path', '/dev/.pelago/run/copies/lib:/dev/.pelago/root/lib', '--argv0', ARGV0, '/dev/.pelago/run/copies/usr/bin/tool'])
    const { copies } = planLinks([twin('lib/ld.so', ['tool'], copied), twin('lib/ld.so', ['other'], copied)])
    assert.deepEqual([...copies.keys()], ['copies/usr/bin/tool', 'copies/lib/libtool.so.1'])
  })
  it('are none of a program without a loader', () => assert.equal(withCopies({ folder: '/dev/.pelago/root', executed: 'bin/static', words: [ARGV0] }, { path: 'bin/static', identity: file, givesRights: false }, []), undefined))
})

describe('the count of processes', () => {
  const cases: readonly (readonly [letters: string, native: number, emulated: number])[] = [
    ['', 0, 0],
    ['nenn', 3, 1],
    ['nxe', 0, 2],
    ['x', 0, 1],
    ['hello', 0, 1],
  ]
  for (const [letters, native, emulated] of cases) {
    it(`of ${JSON.stringify(letters)} is ${native} native, ${emulated} emulated`, () => assert.deepEqual(parseCount(letters), { native, emulated }))
  }
})

describe('accounts', () => {
  const without = { versionOf: () => undefined }
  const cases: readonly (readonly [services: string, areFiles: boolean])[] = [
    ['', true],
    ['passwd:         files\ngroup:          files\nhosts: files dns\n', true],
    ['passwd: files systemd\ngroup: files [SUCCESS=merge] systemd\n', true],
    ['passwd: files sss\n', false],
    ['group:\tcompat ldap # yes\n', false],
    ['# passwd: ldap\n', true],
    ['initgroups: files winbind', false],
  ]
  for (const [services, areFiles] of cases) {
    it(`${areFiles ? 'are' : 'are not'} those of files by ${JSON.stringify(services)}`, () => assert.equal(areAccountsFiles(services, without), areFiles))
  }
  it('may be asked of systemd where its library is installed', () => assert.equal(areAccountsFiles('passwd: files systemd', { versionOf: () => '252' }), false))
})

describe('hosts', () => {
  const cases: readonly (readonly [services: string, arePlain: boolean])[] = [
    ['', true],
    ['passwd: ldap\nhosts:  files dns # mdns\n', true],
    ['hosts: files mdns4_minimal [NOTFOUND=return] dns\n', false],
    ['hosts: files resolve', false],
  ]
  for (const [services, arePlain] of cases) {
    it(`${arePlain ? 'are' : 'are not'} the C library's own by ${JSON.stringify(services)}`, () => assert.equal(areHostsPlain(services), arePlain))
  }
})
