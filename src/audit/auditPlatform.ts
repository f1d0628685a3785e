import type { ImageConfig } from '../ground/oci/imageConfig.ts'
import { formatPlatform, type Platform } from '../ground/platform.ts'
import { FACTS_VERSION, type LayerFacts } from './facts/layerFacts.ts'
import { compareFindings, findingKey, type Finding } from './finding.ts'
import { elfFinder, judgeFiles, judgeLinks, tellGroup, tellProgram, tellScripts, toldLinks } from './judge/judgement.ts'
import { indexNames, type NamedElf } from './judge/libraryNames.ts'
import { NO_LOG } from './judge/lookupLog.ts'
import { createSubject, type AuditSubject } from './judge/subject.ts'
import { sortFindings, tellLinks } from './judge/told.ts'
import { buildImageTree, type ImageTree } from './tree/imageTree.ts'

/** Of what facts are judged by: audits that are kept are of use to the same version only. */
export const AUDIT_VERSION = `${FACTS_VERSION}.2`

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

/** Says what is wrong with an image. Pure: the same facts give the same findings. Not judged are images of other systems than Linux, and those without files, which nobody runs. */
export function auditPlatform(image: AuditedImage): PlatformAudit {
  const { platform, config, layers, baseLayers } = image
  const unreadLayers = layers.filter((layer) => layer === undefined).length
  if (!isJudgedImage(image)) return { platform: formatPlatform(platform), findings: [], unreadLayers, baseLayers, judgedFiles: 0 }
  return { platform: formatPlatform(platform), ...auditTree({ platform, config, tree: buildImageTree(layers) }), unreadLayers, baseLayers }
}

export function isJudgedImage({ platform, layers }: Pick<AuditedImage, 'platform'> & { readonly layers: readonly unknown[] }): boolean {
  return platform.os === 'linux' && layers.length > 0
}

/** Judges all of it. */
export function auditTree(image: Pick<AuditSubject, 'platform' | 'config' | 'tree'>): Pick<PlatformAudit, 'findings' | 'judgedFiles'> {
  const { tree } = image
  const subject = createSubject({ ...image, names: indexNames(elvesOf(tree)), log: NO_LOG })
  const { elfFiles, told, groups, scripts } = judgeFiles(tree.files(), subject)
  const { programs, libraries } = judgeLinks(elfFiles, { subject, elfAt: elfFinder(elfFiles) })
  const links = tellLinks([...programs.map((one) => toldLinks('program links', one)), ...libraries.map((one) => toldLinks('library links', one))])
  const findings = sortFindings([...tellProgram(subject), ...told, ...groups.map((group) => tellGroup(group, subject)), ...links.told, ...tellScripts(scripts, subject)])
  return { findings, judgedFiles: elfFiles.length + countAll(scripts.values()) }
}

function* elvesOf(tree: ImageTree): Generator<NamedElf> {
  for (const { path, node } of tree.files()) if (node.entry.content.kind === 'elf') yield { path, elf: node.entry.content.elf }
}

function countAll(lists: Iterable<readonly unknown[]>): number {
  return [...lists].reduce((sum, { length }) => sum + length, 0)
}

/** Whether it tells of the base image's layers what may be wrong with the base image alone. */
export function isBaseSuspect(audit: PlatformAudit): boolean {
  return audit.findings.some((finding) => isSuspect(finding, audit))
}

function isSuspect({ severity, layer }: Finding, { baseLayers }: PlatformAudit): boolean {
  return severity !== 'note' && layer !== undefined && baseLayers !== undefined && layer < baseLayers
}

/** The same audit, with what is wrong with the base image alone as notes: whoever builds on it did not do it. `base` is the audit of its layers with the config of the image. */
export function excuseBase(audit: PlatformAudit, base: PlatformAudit): PlatformAudit {
  const known = new Set(base.findings.map(findingKey))
  const findings = audit.findings.map((finding): Finding => (isSuspect(finding, audit) && known.has(findingKey(finding)) ? { ...finding, severity: 'note' } : finding))
  return { ...audit, findings: findings.sort(compareFindings) }
}
