// Reads the generated lexicons.js of @atproto/api on stdin, writes one JSON line [path, text] per document on stdout.
// Arguments: the NSID prefixes to keep. Descriptions are dropped; expanded references get back the form the specification gives them.
import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'

const source = readFileSync(0, 'utf8')
const from = source.indexOf('export const schemaDict = ')
const to = source.indexOf('\nexport const schemas')
if (from < 0 || to < from) throw new Error('lexicons.js no longer holds schemaDict followed by schemas')
const literal = source.slice(from + 'export const schemaDict = '.length, to).trim().replace(/;$/, '')

// `lex:app.bsky.feed.post#replyRef` is `#replyRef` inside app.bsky.feed.post and `app.bsky.feed.post#replyRef` elsewhere.
const reference = (text, id) => {
  const absolute = text.replace(/^lex:/, '')
  return absolute.startsWith(`${id}#`) ? absolute.slice(id.length) : absolute
}

const facts = (value, id) => {
  if (Array.isArray(value)) return value.map((item) => facts(item, id))
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([key, item]) => key !== 'description' || typeof item !== 'string')
  return Object.fromEntries(
    kept.map(([key, item]) => {
      if (key === 'ref' && typeof item === 'string') return [key, reference(item, id)]
      if (key === 'refs' && Array.isArray(item)) return [key, item.map((text) => reference(text, id))]
      return [key, facts(item, id)]
    }),
  )
}

// Under --eval the arguments begin at argv[1].
const prefixes = process.argv.slice(1)
for (const document of Object.values(runInNewContext(`(${literal})`))) {
  if (!prefixes.some((prefix) => document.id.startsWith(prefix))) continue
  const path = `${document.id.replaceAll('.', '/')}.json`
  console.log(JSON.stringify([path, `${JSON.stringify(facts(document, document.id), null, 2)}\n`]))
}
