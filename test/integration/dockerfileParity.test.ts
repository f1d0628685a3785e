import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { lowerDockerfile, type LowerRequest } from '../../src/dockerfile/lower.ts'
import type { ImageConfig } from '../../src/ground/imageConfig.ts'
import { parsePlatform } from '../../src/ground/platform.ts'
import { parseImageConfig } from '../../src/image/imageConfigJson.ts'
import { missing } from '../support/requires.ts'

/**
 * The embedded BuildKit of a real dockerd makes the same config of a Dockerfile as the frontend does. The Dockerfile has
 * nothing of which old and new BuildKits write the history in different words.
 */

const run = promisify(execFile)
const MAX_CONFIG_BYTES = 1 << 20
const TEXT = readFileSync(new URL('testdata/parity.Dockerfile', import.meta.url), 'utf8')

/** A client that can speak to BuildKit: since version 23 that takes a plugin, which may not be there. */
const client = ['docker', '/usr/bin/docker'].find((program) => {
  try {
    execFileSync(program, ['build', '--help'], { env: { ...process.env, DOCKER_BUILDKIT: '1' }, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})
const skip = missing('dockerd', 'busybox', 'tar') || (client === undefined && 'no docker client with BuildKit') || (process.getuid?.() !== 0 && 'dockerd needs root')

interface Dockerd extends AsyncDisposable {
  docker(...args: readonly string[]): Promise<Buffer>
}

async function startDockerd(folder: string): Promise<Dockerd> {
  const socket = `unix://${folder}/socket`
  const flags = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`, '-H', socket, '--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs']
  const child = spawn('dockerd', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  for await (const line of createInterface(child.stderr)) {
    if (line.includes('API listen on')) break
  }
  child.stderr.resume()
  const env = { ...process.env, DOCKER_HOST: socket, DOCKER_BUILDKIT: '1' }
  return {
    docker: async (...args) => (await run(client ?? 'docker', args, { env, encoding: 'buffer', maxBuffer: MAX_CONFIG_BYTES })).stdout,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function writeContext(folder: string): string {
  const context = join(folder, 'context')
  mkdirSync(join(context, 'folder'), { recursive: true })
  copyFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), join(context, 'sh'))
  writeFileSync(join(context, 'a.txt'), 'a')
  writeFileSync(join(context, 'folder/f'), 'f')
  writeFileSync(join(context, 'Dockerfile'), TEXT)
  return context
}

async function configByDocker(): Promise<ImageConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-parity-'))
  await using dockerd = await startDockerd(folder)
  await dockerd.docker('build', '--network=none', '--quiet', '--tag', 'parity', writeContext(folder))
  const archive = join(folder, 'image.tar')
  await dockerd.docker('save', '--output', archive, 'parity')
  const readMember = async (name: string): Promise<Buffer> => (await run('tar', ['-xOf', archive, name], { encoding: 'buffer', maxBuffer: MAX_CONFIG_BYTES })).stdout
  const [entry] = JSON.parse((await readMember('manifest.json')).toString()) as readonly { readonly Config: string }[]
  return parseImageConfig(await readMember(entry?.Config ?? ''))
}

async function configByPelago(): Promise<ImageConfig> {
  const platform = parsePlatform('linux/amd64')
  const request: LowerRequest = {
    source: { filename: 'Dockerfile', text: TEXT },
    targetPlatform: platform,
    buildPlatform: platform,
    target: undefined,
    buildArgs: new Map(),
    labels: new Map(),
    sessionId: 'session',
    sharedKeyHint: '',
    contextName: 'context',
    ignorePatterns: [],
    noCache: 'none',
    networkMode: 'none',
    extraHosts: [],
    hostname: '',
    ulimits: [],
    shmSizeBytes: 0,
    cgroupParent: '',
    isMultiPlatform: false,
  }
  const noImages = { resolveImage: () => Promise.reject(new Error('the Dockerfile has no base image')) }
  return (await lowerDockerfile(request, noImages, new AbortController().signal)).config
}

/** What the exporter adds, and the platform of the machine, is left out. */
function comparable({ container, history, author }: ImageConfig): unknown {
  return { container, author, history: history.map(({ createdBy, comment, emptyLayer }) => ({ createdBy, comment, emptyLayer })) }
}

describe('the config of an image', { skip }, () => {
  it("is BuildKit's, field by field", async () => {
    const [docker, pelago] = await Promise.all([configByDocker(), configByPelago()])
    assert.deepEqual(comparable(pelago), comparable(docker))
  })
})
