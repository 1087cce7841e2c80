// AssemblyScript with the WASI shim: argv[1] comes from `WasmArg`.

const name = process.argv.length > 1 ? process.argv[1] : 'nobody';

process.stdout.write('Content-Type: text/plain; charset=utf-8\n\n');
process.stdout.write(`Hello ${name}, from AssemblyScript.\n`);
