// Builds the module, tests it, packs it, and tests the package where it was installed, without cargo on the PATH.
// node make.cjs FOLDER leaves tailspot-VERSION.tgz in the folder.
'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const folder = path.resolve(process.argv[2])
fs.mkdirSync(folder, { recursive: true })

function run(cwd, program, ...words) {
  const bare = { ...process.env, PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin` }
  const env = words.includes('build') ? process.env : bare
  return execFileSync(program, words, { cwd, env, stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' })
}

function test(cwd, ...options) {
  try {
    console.log(run(cwd, 'node', '--expose-gc', ...options, '--test', 'test/').split('\n').slice(-9, -1).join('\n'))
  } catch (error) {
    console.error(error.stdout)
    process.exit(1)
  }
}

run(__dirname, 'npm', 'run', '--silent', 'build')
test(__dirname)
const [packed] = JSON.parse(run(__dirname, 'npm', 'pack', '--json', '--pack-destination', folder))
const place = fs.mkdtempSync(path.join(os.tmpdir(), 'tailspot-node-'))
try {
  fs.writeFileSync(path.join(place, 'package.json'), '{"private": true}')
  run(place, 'npm', 'install', '--silent', '--no-audit', '--no-fund', '--offline', path.join(folder, packed.filename))
  const installed = path.join(place, 'node_modules', 'tailspot')
  fs.cpSync(path.join(__dirname, 'test'), path.join(installed, 'test'), { recursive: true })
  process.env.TAILSPOT_VECTORS ??= path.resolve(__dirname, '../../tests/vectors')
  test(installed)
  run(place, 'npm', 'install', '--silent', '--no-audit', '--no-fund', 'typescript@5', '@types/node@24', 'outliers@0.0.3')
  fs.copyFileSync(path.join(__dirname, 'types.mts'), path.join(place, 'types.mts'))
  const checked = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', 'types.mts']
  run(place, path.join('node_modules', '.bin', 'tsc'), ...checked)
  console.log(run(place, 'node', path.join(__dirname, 'speed.cjs')))
} finally {
  fs.rmSync(place, { recursive: true })
}
console.log(`node: ${path.join(folder, packed.filename)}, ${packed.size} bytes`)
