// Small PNG pictures made from a word: the same word gives the same bytes. Only what the format needs, no library.
import crypto from 'node:crypto'
import zlib from 'node:zlib'

/** A PNG of a disc on a plain ground, in two colours that come from `word`. */
export function picture(word, width = 96, height = 96) {
  const hash = crypto.createHash('sha256').update(word).digest()
  // Colour type 3: one byte per pixel, an index into a palette of two.
  const rows = Buffer.alloc((width + 1) * height)
  const radius = Math.min(width, height) / 3
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < radius ** 2
      rows[y * (width + 1) + 1 + x] = inside ? 1 : 0
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', hash.subarray(0, 6)),
    chunk('IDAT', zlib.deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(zlib.crc32(body))
  return Buffer.concat([length, body, sum])
}
