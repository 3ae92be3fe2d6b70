// Builds the native module by cargo, and puts it next to index.cjs under the name of this platform.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const target = path.resolve(__dirname, process.env.CARGO_TARGET_DIR ?? '../../target', 'node')
const locked = process.env.CI ? ['--locked'] : []
const call = ['build', '--release', ...locked, '--target-dir', target]
const done = spawnSync('cargo', call, { cwd: __dirname, stdio: 'inherit' })
if (done.error) throw done.error
if (done.status !== 0) process.exit(done.status ?? 1)

const names = { darwin: 'libtailspot_node.dylib', win32: 'tailspot_node.dll' }
const built = path.join(target, 'release', names[process.platform] ?? 'libtailspot_node.so')
const module_ = path.join(__dirname, `tailspot.${process.platform}-${process.arch}.node`)
// A fresh file: the old one may be mapped by a running program.
fs.rmSync(module_, { force: true })
fs.copyFileSync(built, module_)
