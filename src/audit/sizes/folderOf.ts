/** The folder under which files are counted together: three names deep, two outside of `usr`, `var`, `opt` and `home`. */
export function folderOf(path: string): string {
  const names = path.split('/').slice(0, -1)
  const depth = DEEP.has(names[0] ?? '') ? 3 : 2
  return `/${names.slice(0, depth).join('/')}`
}

const DEEP: ReadonlySet<string> = new Set(['usr', 'var', 'opt', 'home'])
