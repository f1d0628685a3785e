import { SEVERITIES, type Finding } from '../../audit/finding.ts'
import type { AuditedPlatform, ImageAudit } from './auditOpened.ts'

/** One document for scripts; docs/audit.md has its fields. */
export function formatAuditJson({ name, from, digest, platforms }: ImageAudit): string {
  return `${JSON.stringify({ image: name, from, digest, platforms: platforms.map(toPlatform) }, undefined, 2)}\n`
}

function toPlatform(audit: AuditedPlatform): object {
  const { platform, digest, findings, judgedFiles, unreadLayers, base, layers } = audit
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length]))
  return { platform, digest, counts, judgedFiles, layers: layers.length, unreadLayers, base: { known: base.kind, layers: base.count ?? null }, findings: findings.map((finding) => toFinding(finding, audit)) }
}

function toFinding({ severity, rule, path, message, remedy, layer, fileCount }: Finding, { layers, base }: AuditedPlatform): object {
  const origin = layer === undefined ? null : { index: layer, digest: layers[layer]?.digest ?? null, step: layers[layer]?.step ?? '', isBase: base.count === undefined ? null : layer < base.count }
  return { severity, rule, path, message, remedy, files: fileCount, layer: origin }
}
