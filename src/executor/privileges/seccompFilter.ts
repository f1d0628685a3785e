import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, digestOf } from '../../ground/digest.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { deleteContainer, runCrun, type Crun } from '../crun.ts'
import type { OciSeccomp } from './seccompProfile.ts'

/*
 * To compile the profile takes libseccomp 25 ms, more than all the rest of starting a container, so it is done once
 * and kept. The runtime does it: a container is created for the purpose and never started, and the filter is read
 * from its state.
 */

/**
 * The compiled filter in base64, fit for the annotation `run.oci.seccomp_bpf_data`; undefined where the runtime does
 * not leave one, and has to compile the profile each time.
 */
export async function readSeccompFilter(crun: Crun, profile: OciSeccomp, cacheFolder: string, signal: AbortSignal): Promise<string | undefined> {
  const path = join(cacheFolder, `seccomp-${digestHex(digestOf(JSON.stringify(profile))).slice(0, 16)}.bpf`)
  const kept = await readIfThere(path)
  if (kept !== undefined) return kept.toString('base64')
  const compiled = await compile(crun, profile, cacheFolder, signal)
  if (compiled === undefined) return undefined
  await writeFileAtomically(path, compiled, { mode: 0o600 })
  return compiled.toString('base64')
}

async function compile(crun: Crun, profile: OciSeccomp, cacheFolder: string, signal: AbortSignal): Promise<Buffer | undefined> {
  await mkdir(cacheFolder, { recursive: true })
  const bundle = await mkdtemp(join(cacheFolder, 'seccomp-'))
  const id = bundle.slice(bundle.lastIndexOf('/') + 1)
  try {
    await mkdir(join(bundle, 'rootfs', 'dev'), { recursive: true }) // crun puts nodes there
    await writeFile(join(bundle, 'rootfs', 'never-run'), '', { mode: 0o755 })
    await writeFile(join(bundle, 'config.json'), JSON.stringify(emptyContainer(join(bundle, 'rootfs'), profile)))
    await runCrun(crun, ['create', '--bundle', bundle, id], signal)
    return await readIfThere(join(crun.statePath(id), 'seccomp.bpf'))
  } finally {
    await deleteContainer(crun, id)
    await rm(bundle, { recursive: true, force: true })
  }
}

function emptyContainer(rootfs: string, seccomp: OciSeccomp): object {
  return {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: ['/never-run'], env: [], cwd: '/' },
    root: { path: rootfs },
    mounts: [], // crun wants the word
    linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }], seccomp },
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  return await readFile(path).catch(() => undefined)
}
