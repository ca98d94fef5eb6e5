/** One part of a dotted name: `metrics`, `` `val/loss` `` or `"mlflow.user"`. */
type Part = { text: string; quote: '' | '`' | '"' }

/** `position` counts UTF-16 units from 0, like a string index; `text` is the token as written. */
export type Token = { position: number; text: string } & (
  | { type: 'name'; parts: readonly Part[] }
  | { type: 'string'; value: string }
  | { type: 'number' | 'date' | 'operator' | 'punctuation' | 'end' }
)

/** Refuses the text, pointing at a place in it. */
export type Fail = (message: string, at: { position: number; text: string }) => never

const SPACE = /\s+/y
const WORD = /[\p{L}\p{N}\p{M}_]+/uy
const NUMBER = /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/y
const DATE = /\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[-+]\d{2}:\d{2})?)?/y
const OPERATOR = /[<>=!~]+/y

/**
 * Cuts a filter into tokens, the last of type `end`. Every pattern is anchored where the last token ended and none of them
 * can backtrack over a variable stretch, so the work grows with the length of the text and not faster.
 */
export function lex(source: string, fail: Fail): Token[] {
  const tokens: Token[] = []
  for (let position = skip(source, 0); position < source.length; ) {
    const token = readToken(source, position, fail, tokens.at(-1))
    tokens.push(token)
    position = skip(source, position + token.text.length)
  }
  tokens.push({ type: 'end', position: source.length, text: '' })
  return tokens
}

const match = (pattern: RegExp, source: string, position: number): string => {
  pattern.lastIndex = position
  return pattern.exec(source)?.[0] ?? ''
}

const skip = (source: string, position: number) => position + match(SPACE, source, position).length

function readToken(source: string, position: number, fail: Fail, before: Token | undefined): Token {
  const char = String.fromCodePoint(source.codePointAt(position) ?? 0)
  if (char === '\0') fail('Invalid clause(s) in filter string: a NUL character', { position, text: char })
  if ('(),;'.includes(char)) return { type: 'punctuation', position, text: char }
  if (char === "'") {
    const text = readQuoted(source, position, fail)
    return { type: 'string', position, text, value: unquote(text) }
  }
  const amount = match(DATE, source, position) || match(NUMBER, source, position)
  if (amount) return readAmount(source, position, amount, fail)
  const operator = match(OPERATOR, source, position)
  if (operator) return { type: 'operator', position, text: operator }
  if (char === '"' || char === '`' || match(WORD, source, position)) return readName(source, position, fail)
  const hint = before?.type === 'name' && before.position + before.text.length === position ? `. ${QUOTE_HINT}` : ''
  return fail(`Invalid clause(s) in filter string: '${char}' has no meaning here${hint}`, { position, text: char })
}

const QUOTE_HINT = 'A key with characters other than letters, digits, "_" and "." is quoted, as in metrics.`val/loss`'

function readAmount(source: string, position: number, text: string, fail: Fail): Token {
  const rest = match(WORD, source, position + text.length)
  if (rest)
    fail(`Invalid clause(s) in filter string: '${text}${rest}' is not a number`, { position, text: text + rest })
  return { type: /^\d{4}-/.test(text) ? 'date' : 'number', position, text }
}

function readName(source: string, start: number, fail: Fail): Token {
  const parts: Part[] = []
  let position = start
  for (;;) {
    const part = readPart(source, position, fail)
    parts.push(part.part)
    position += part.length
    if (source.charAt(position) !== '.') break
    position += 1
  }
  return { type: 'name', position: start, text: source.slice(start, position), parts }
}

function readPart(source: string, position: number, fail: Fail): { part: Part; length: number } {
  const quote = source.charAt(position)
  if (quote === '`' || quote === '"') {
    const text = readQuoted(source, position, fail)
    return { part: { text: unquote(text), quote }, length: text.length }
  }
  const text = match(WORD, source, position)
  if (!text)
    fail(`Invalid clause(s) in filter string: no key follows the dot. ${QUOTE_HINT}`, { position, text: quote })
  return { part: { text, quote: '' }, length: text.length }
}

/** The quoted text with its quotes. A doubled quote stands for one, as in SQL. */
function readQuoted(source: string, start: number, fail: Fail): string {
  const quote = source.charAt(start)
  let end = source.indexOf(quote, start + 1)
  while (end >= 0 && source.charAt(end + 1) === quote) end = source.indexOf(quote, end + 2)
  if (end < 0)
    fail(`Invalid clause(s) in filter string: the quote ${quote} is not closed`, { position: start, text: quote })
  const text = source.slice(start, end + 1)
  const nul = text.indexOf('\0')
  if (nul >= 0) fail('Invalid clause(s) in filter string: a NUL character', { position: start + nul, text: '\0' })
  return text
}

const unquote = (text: string) => text.slice(1, -1).replaceAll(text.charAt(0).repeat(2), text.charAt(0))
