const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** In powers of 1000 with three digits, as Docker writes sizes: `4.09MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 ? String(Math.round(value)) : value.toPrecision(3).replace(/\.0+$|(\.\d*[1-9])0+$/, '$1')
  return `${digits}${UNITS[unit] ?? ''}`
}

/** `0.3s`, `12.0s`, `2m05s`, `1h03m`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 99.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}m${pad(whole % 60)}s`
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`
}

/** As `formatDuration`, but for what may take milliseconds: `38ms`. */
export function formatShortDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)}ms` : formatDuration(milliseconds)
}

/** `3 hours ago` */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000)
  for (const [unit, length] of AGES) {
    const count = Math.floor(seconds / length)
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} ago`
  }
  return 'less than a second ago'
}

const AGES: readonly (readonly [unit: string, seconds: number])[] = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
