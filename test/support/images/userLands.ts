import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseParagraphs } from '../../../src/ground/deb822.ts'
import { APPLETS, TOOLS } from '../twinTools.ts'
import { fetchBusybox, makeBusyboxRoot } from './busybox.ts'
import { fetchDebianRoot, releaseOf, type DebianRelease } from './debianRoots.ts'
import { makeTwinRoot } from './twinRoots.ts'

/** What an image is made of that steps are verified on: native twins against emulation. */
export interface UserLand {
  readonly name: string
  /** Writes its root as tar to `path`. False where it cannot be had. */
  readonly write: (path: string, root: WantedRoot) => Promise<boolean>
  /** What a step runs, as sh; its output is compared, too. */
  readonly script: string
  /** The share of its processes that has to run natively at least; or the reason why none does. */
  readonly native: number | RegExp
}

interface WantedRoot {
  /** By Debian's name. */
  readonly architecture: string
  /** Of Debian, where the user land leaves it open: one that all its roots have. */
  readonly release: DebianRelease
}

const CACHE = join(homedir(), '.cache/pelago-test')
/** Enough for a step, and small enough to be made for every run of the tests. */
const FEW = ['./bin', './lib', './lib64', './usr/lib64', ...'dash sh cat ls sed gzip mkdir rm seq'.split(' ').map((name) => `./usr/bin/${name}`), ...'c selinux pcre2-8 acl attr cap'.split(' ').map((name) => `./usr/lib/*-linux-gnu*/lib${name}.so.*`), './usr/lib/*-linux-gnu*/ld*.so*', './usr/lib/ld*.so*', './usr/lib64/*', './etc/passwd', './etc/group', './usr/lib/os-release', './etc/os-release']
const BRIEF = 'mkdir /d; i=0; while [ $i -lt 6 ]; do ls -l /bin/sh | sed s/a/b/ >/d/$i; cat /d/$i | gzip -9n >/d/$i.gz; i=$((i + 1)); done; seq 3'

/** Those that every run has, where they can be had. */
export const USER_LANDS: readonly UserLand[] = [
  { name: 'debian', write: writeFew, script: BRIEF, native: 0.8 },
  { name: 'alpine', write: writeAlpine, script: `${BRIEF}; echo 'uname -m' >/plain; chmod 755 /plain; /plain`, native: 0.8 },
]

/** The others, some of which take minutes. */
export const MORE_USER_LANDS: readonly UserLand[] = [
  { name: 'distroless', write: async (path, root) => await writeFew(path, root, withoutDpkg), script: BRIEF, native: 0.8 },
  { name: 'busybox', write: writeBusybox, script: 'mkdir /d; ls /bin >/d/ls; uname -m; env uname -m', native: /^the image for \w+ has no package database/ },
  { name: 'applets', write: writeAlpine, script: APPLETS, native: 0.8 },
  { name: 'tools', write: async (path, root) => await writeDebian(path, root, makeTwinRoot), script: TOOLS, native: 0.7 },
  { name: 'bookworm', write: async (path, { architecture }) => copyKept(baseImage('debian', architecture), path), script: TOOLS, native: 0.7 },
  { name: 'trixie', write: async (path, { architecture }) => copyKept(baseImage('debian13', architecture), path), script: TOOLS, native: 0.7 },
]

/** As test/userlands/verify has made it. */
async function writeAlpine(path: string, { architecture }: WantedRoot): Promise<boolean> {
  return copyKept(join(CACHE, 'userlands/roots', `${architecture}.tar`), path)
}

/** As scripts/base-images keeps it. */
function baseImage(name: string, architecture: string): string {
  return join(homedir(), '.cache/pelago/base-images', name, `${architecture}.tar`)
}

function copyKept(kept: string, path: string): boolean {
  if (existsSync(kept)) copyFileSync(kept, path)
  return existsSync(kept)
}

async function writeFew(path: string, wanted: WantedRoot, change: (root: string) => void = () => undefined): Promise<boolean> {
  return await writeDebian(path, wanted, (root, tar) => {
    makeTwinRoot(root, tar, FEW)
    change(root)
  })
}

async function writeDebian(path: string, { architecture, release }: WantedRoot, make: (root: string, tar: string) => void): Promise<boolean> {
  const tar = await fetchDebianRoot(architecture, release)
  if (tar !== undefined) packRoot(path, (root) => make(root, tar))
  return tar !== undefined
}

/** As images have it that are put together of packages: in status.d, and nothing else. */
function withoutDpkg(root: string): void {
  const dpkg = join(root, 'var/lib/dpkg')
  renameSync(join(dpkg, 'info'), join(dpkg, 'status.d'))
  for (const fields of parseParagraphs(readFileSync(join(dpkg, 'status'), 'utf8'))) writeFileSync(join(dpkg, 'status.d', fields.get('package') ?? ''), [...fields].map(([field, value]) => `${field}: ${value}\n`).join(''))
  rmSync(join(dpkg, 'status'))
}

async function writeBusybox(path: string, { architecture }: WantedRoot): Promise<boolean> {
  const busybox = architecture === 'amd64' ? '/usr/bin/busybox' : fetchBusybox(architecture)
  if (busybox !== undefined) packRoot(path, (root) => makeBusyboxRoot(root, busybox))
  return busybox !== undefined
}

function packRoot(path: string, make: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'pelago-land-'))
  try {
    make(root)
    execFileSync('tar', ['--owner=0', '--group=0', '-C', root, '-cf', path, ...readdirSync(root)])
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** A context whose image is the user land. Undefined where it cannot be had for one of the architectures, by Debian's names and the images'. */
export async function writeUserLand(folder: string, { write }: UserLand, architectures: ReadonlyMap<string, string>): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true })
  const release = releaseOf(architectures.keys())
  for (const [architecture, own] of architectures) if (!(await write(join(folder, `${own}.tar`), { architecture, release }))) return undefined
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nARG TARGETARCH\nARG TARGETVARIANT\nADD $TARGETARCH$TARGETVARIANT.tar /\n')
  return folder
}
