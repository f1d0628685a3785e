import type { ImageConfig } from '../ground/oci/imageConfig.ts'
import { formatPlatform, type Platform } from '../ground/platform.ts'
import { FACTS_VERSION, type LayerFacts } from './facts/layerFacts.ts'
import { compareFindings, findingKey, type Finding } from './finding.ts'
import { checkLinks } from './judge/linkAudit.ts'
import { checkPlatforms } from './judge/platformAudit.ts'
import { checkPrivileges } from './judge/privilegeAudit.ts'
import { checkProgram } from './judge/programAudit.ts'
import { checkScripts } from './judge/scriptAudit.ts'
import { createSubject, type AuditCheck } from './judge/subject.ts'
import { buildImageTree } from './tree/imageTree.ts'

/** Of what facts are judged by: audits that are kept are of use to the same version only. */
export const AUDIT_VERSION = `${FACTS_VERSION}.1`

/** One platform's image, by facts alone. */
export interface AuditedImage {
  /** What it is labelled with. */
  readonly platform: Platform
  readonly config: ImageConfig
  /** Lowest first; undefined is one that was not read. */
  readonly layers: readonly (LayerFacts | undefined)[]
  /** How many of the layers are the base image's; undefined where that is not known. */
  readonly baseLayers: number | undefined
}

export interface PlatformAudit {
  /** `linux/arm64` */
  readonly platform: string
  /** Worst first. */
  readonly findings: readonly Finding[]
  /** Layers of which nothing is known: with them, nothing is said of what is missing. */
  readonly unreadLayers: number
  readonly baseLayers: number | undefined
  /** Programs, libraries and executable scripts that were looked at. */
  readonly judgedFiles: number
}

const CHECKS: readonly AuditCheck[] = [checkProgram, checkPlatforms, checkLinks, checkScripts, checkPrivileges]

/** Says what is wrong with an image. Pure: the same facts give the same findings. Not judged are images of other systems than Linux, and those without files, which nobody runs. */
export function auditPlatform(image: AuditedImage): PlatformAudit {
  const { platform, layers, baseLayers } = image
  const common = { platform: formatPlatform(platform), unreadLayers: layers.filter((layer) => layer === undefined).length, baseLayers }
  if (platform.os !== 'linux' || layers.length === 0) return { ...common, findings: [], judgedFiles: 0 }
  const subject = createSubject({ platform, config: image.config, tree: buildImageTree(layers) })
  const findings = withoutRepeats(CHECKS.flatMap((check) => [...check(subject)])).sort(compareFindings)
  const scripts = subject.files.filter(({ node: { entry } }) => entry.content.kind === 'script' && (entry.mode & 0o111) !== 0)
  return { ...common, findings, judgedFiles: subject.elfFiles.length + scripts.length }
}

/** What is told of the program that the image starts is not told again of the same file. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const started = new Set(findings.flatMap(({ rule, path }) => (rule.startsWith('Program') && path !== '' ? [path] : [])))
  return findings.filter(({ rule, path }) => !REPEATED.has(rule) || !started.has(path))
}

const REPEATED: ReadonlySet<string> = new Set(['WrongArchitecture', 'InterpreterMissing', 'ScriptCrlf'])

/** The same audit, with what is wrong with the base image alone as notes: whoever builds on it did not do it. */
export function excuseBase(image: AuditedImage, audit: PlatformAudit): PlatformAudit {
  const { baseLayers, layers } = image
  const isSuspect = ({ severity, layer }: Finding): boolean => severity !== 'note' && layer !== undefined && baseLayers !== undefined && layer < baseLayers
  if (!audit.findings.some(isSuspect)) return audit
  const base = auditPlatform({ ...image, layers: layers.slice(0, baseLayers) })
  const known = new Set(base.findings.map(findingKey))
  const findings = audit.findings.map((finding): Finding => (isSuspect(finding) && known.has(findingKey(finding)) ? { ...finding, severity: 'note' } : finding))
  return { ...audit, findings: findings.sort(compareFindings) }
}
