import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import { formatPlatform, isSamePlatform } from '../../ground/platform.ts'
import { fromText, textOfBytes } from '../../kit/byteString.ts'
import type { ElfFacts } from '../elf/elfFacts.ts'
import { describeArchitecture } from '../elf/machine.ts'
import type { Finding } from '../finding.ts'
import type { FoundFile } from '../tree/imageTree.ts'
import { fitOf } from './fit.ts'
import { findCommand, scriptProblem } from './scriptAudit.ts'
import { findingOf, type AuditSubject } from './subject.ts'

/** Whether what the image starts with is there and can be started: the first thing that a container fails of. */
export function* checkProgram(subject: AuditSubject): Generator<Finding> {
  const { config, platform } = subject
  if (config.platform.architecture !== '' && !isSamePlatform(config.platform, platform)) {
    yield configFinding('ConfigPlatform', `says ${formatPlatform(config.platform)}, and the image is labelled ${formatPlatform(platform)}`, 'build the image for its platform, or correct its label')
  }
  const program = programOf(config)
  if (program !== undefined) yield* checkWord(program.word, program.from, subject)
}

/** The first word of ENTRYPOINT, else of CMD. */
export function programOf({ container }: ImageConfig): { readonly word: string; readonly from: 'ENTRYPOINT' | 'CMD' } | undefined {
  const { entrypoint = [], cmd = [] } = container
  const [word] = [...entrypoint, ...cmd]
  return word === undefined || word === '' ? undefined : { word, from: entrypoint.length > 0 ? 'ENTRYPOINT' : 'CMD' }
}

function* checkWord(word: string, from: string, subject: AuditSubject): Generator<Finding> {
  const { tree, config, surroundings: { commandFolders } } = subject
  const asked = fromText(word.startsWith('/') || !word.includes('/') ? word : `${config.container.workingDir ?? '/'}/${word}`)
  if (config.container.volumes.some((volume) => asked.startsWith(`${volume}/`))) return
  const found = findCommand(asked, subject)
  if (found !== undefined) {
    yield* checkStart(found, from, subject)
    return
  }
  if (!tree.isComplete) return
  const other = asked.includes('/') ? tree.find(asked) : undefined
  const state = other?.node.kind === 'folder' ? 'is a folder' : 'is not in the image'
  const where = asked.includes('/') ? '' : ` (looked for in ${commandFolders.join(', ')})`
  yield configFinding('ProgramMissing', `starts ${JSON.stringify(word)} (${from}), which ${state}${where}`, 'copy or install it, or correct the ENTRYPOINT or CMD')
}

function* checkStart(file: FoundFile, from: string, subject: AuditSubject): Generator<Finding> {
  const { mode, content } = file.node.entry
  if ((mode & 0o111) === 0) {
    yield findingOf(file, { rule: 'ProgramNotExecutable', severity: 'error', message: `is what the image starts (${from}), and is not executable: permission denied`, remedy: 'COPY --chmod=755, or chmod +x it in the context' })
  }
  switch (content.kind) {
    case 'elf':
      yield* checkArchitecture(file, content.elf, from, subject)
      return
    case 'script': {
      const problem = scriptProblem(content.line, subject)
      if (problem !== undefined) yield findingOf(file, { rule: 'ProgramNotRunnable', severity: 'error', message: `is what the image starts (${from}), and ${problem.message}`, remedy: problem.remedy })
      return
    }
    case 'foreign':
      yield notRunnable(file, from, `is a program for ${content.system}: exec format error`)
      return
    case 'empty':
      yield notRunnable(file, from, 'is empty')
      return
    case 'other':
    case 'search-paths':
      yield notRunnable(file, from, 'is neither a program nor a script with a first line like #!/bin/sh: exec format error')
  }
}

function* checkArchitecture(file: FoundFile, elf: ElfFacts, from: string, { platform }: AuditSubject): Generator<Finding> {
  if (fitOf(elf, platform) !== 'foreign') return
  yield findingOf(file, {
    rule: 'ProgramWrongArchitecture',
    severity: 'error',
    message: `is what the image starts (${from}), and is for ${elf.foreignSystem ?? describeArchitecture(elf.architecture)}, the image for ${formatPlatform(platform)}: exec format error`,
    remedy: 'build or download it for the platform that is built: $TARGETARCH says which that is',
  })
}

function notRunnable(file: FoundFile, from: string, why: string): Finding {
  return findingOf(file, { rule: 'ProgramNotRunnable', severity: 'error', message: `is what the image starts (${from}), and ${why}`, remedy: `correct the ${from}, or what is at ${textOfBytes(file.path)}` })
}

function configFinding(rule: Finding['rule'], message: string, remedy: string): Finding {
  return { rule, severity: 'error', path: '', message, remedy, layer: undefined, fileCount: 1 }
}
