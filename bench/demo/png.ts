import { crc32, deflateSync } from 'node:zlib'

/** 24 bits: 0xrrggbb. */
export type Colour = number

export type Canvas = {
  width: number
  height: number
  box(x: number, y: number, width: number, height: number, colour: Colour): void
  line(from: [number, number], to: [number, number], colour: Colour): void
  text(x: number, y: number, words: string, colour: Colour): void
  png(): Buffer<ArrayBuffer>
}

export function canvas(width: number, height: number, ground: Colour = 0xffffff): Canvas {
  const pixels = Buffer.alloc(width * height * 3)
  const dot = (x: number, y: number, colour: Colour) => {
    if (x >= 0 && y >= 0 && x < width && y < height) pixels.writeUIntBE(colour, (y * width + x) * 3, 3)
  }
  const box: Canvas['box'] = (left, top, wide, high, colour) => {
    for (let y = Math.round(top); y < Math.round(top + high); y++)
      for (let x = Math.round(left); x < Math.round(left + wide); x++) dot(x, y, colour)
  }
  box(0, 0, width, height, ground)
  return {
    width,
    height,
    box,
    line: ([x0, y0], [x1, y1], colour) => {
      const length = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0)))
      for (let i = 0; i <= length; i++) box(x0 + ((x1 - x0) * i) / length, y0 + ((y1 - y0) * i) / length, 2, 2, colour)
    },
    text: (left, top, words, colour) => {
      let x = Math.round(left)
      for (const letter of words.toUpperCase()) {
        drawLetter(letter, (column, row) => box(x + column * 2, Math.round(top) + row * 2, 2, 2, colour))
        x += 8
      }
    },
    png: () => encode(width, height, pixels),
  }
}

function encode(width: number, height: number, pixels: Buffer): Buffer<ArrayBuffer> {
  const lines = Buffer.alloc(height * (width * 3 + 1))
  for (let y = 0; y < height; y++) pixels.copy(lines, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8) // eight bits a channel, red green blue
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content])
  const result = Buffer.alloc(body.length + 8)
  result.writeUInt32BE(content.length, 0)
  body.copy(result, 4)
  result.writeUInt32BE(crc32(body), body.length + 4)
  return result
}

/** Three dots wide, five high; each digit is a row of a letter, its three bits from left to right. */
const letters: Record<string, string> = {
  '0': '75557',
  '1': '26227',
  '2': '71747',
  '3': '71317',
  '4': '55711',
  '5': '74717',
  '6': '74757',
  '7': '71122',
  '8': '75757',
  '9': '75717',
  A: '25755',
  B: '65656',
  C: '34443',
  D: '65556',
  E: '74647',
  F: '74644',
  G: '34553',
  H: '55755',
  I: '72227',
  J: '11152',
  K: '55655',
  L: '44447',
  M: '57755',
  N: '65555',
  O: '25552',
  P: '65644',
  Q: '25563',
  R: '65655',
  S: '34216',
  T: '72222',
  U: '55557',
  V: '55552',
  W: '55775',
  X: '55255',
  Y: '55222',
  Z: '71247',
  '.': '00002',
  '-': '00700',
  '%': '51245',
  '@': '25543',
  '/': '11244',
  ':': '02020',
  '=': '07070',
}

function drawLetter(letter: string, dot: (column: number, row: number) => void) {
  for (const [row, digit] of [...(letters[letter] ?? '')].entries())
    for (let column = 0; column < 3; column++) if (Number(digit) & (4 >> column)) dot(column, row)
}
