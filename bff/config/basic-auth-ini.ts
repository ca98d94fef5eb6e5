import { readFileSync } from 'node:fs'

/** What MLflow's basic_auth.ini says that means the same here, by the variable that goes before it. */
const meanings: Record<string, string> = {
  default_permission: 'MLFLOW_AUTH_DEFAULT_PERMISSION',
  admin_username: 'MLFLOW_AUTH_ADMIN_USERNAME',
  admin_password: 'MLFLOW_AUTH_ADMIN_PASSWORD',
}

export type BasicAuthIni = ReadonlyMap<string, { text: string; from: string }>

/**
 * Reads the file that MLFLOW_AUTH_CONFIG_PATH names, as Python's configparser does. What is wrong with it goes to `problems`,
 * what it says for nothing to `warnings`. `from` of each setting names key and file.
 */
export function readBasicAuthIni(path: string | undefined, problems: string[], warnings: string[]): BasicAuthIni {
  const found = new Map<string, { text: string; from: string }>()
  const text = path && readIni(path, problems)
  if (!text) return found
  const idle: string[] = []
  for (const [key, value] of parseSection(text, 'mlflow')) {
    const variable = Object.hasOwn(meanings, key) ? meanings[key] : undefined
    if (variable === undefined) idle.push(key)
    else if (value !== '') found.set(variable, { text: value, from: `${key} of ${path}` })
  }
  if (idle.length > 0)
    warnings.push(
      `${path}: of its [mlflow], ${Object.keys(meanings).join(', ')} are used; not used: ${idle.join(', ')}`,
    )
  return found
}

function readIni(path: string, problems: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    problems.push(`MLFLOW_AUTH_CONFIG_PATH=${path}: cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return undefined
  }
}

/**
 * Keys in lower case. Not by a package for ini files: those cut a value at ; or #, which are part of it here, as in a password;
 * and `%%` is one percent sign.
 */
export function parseSection(text: string, section: string): Map<string, string> {
  const values = new Map<string, string>()
  let within = ''
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const heading = /^\[([^\]]+)\]\s*$/.exec(line)?.[1]
    if (heading !== undefined) within = heading
    const [, key = '', value = ''] = /^([^=:[\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (within === section && key) values.set(key.toLowerCase(), value.replaceAll('%%', '%'))
  }
  return values
}
