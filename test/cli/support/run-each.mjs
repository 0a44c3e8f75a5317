// Runs several command lines of the program in one process, one after the other: node run-each.mjs MAIN JSON_OF_COMMAND_LINES
// Prints a JSON array with the exit code, stdout and stderr of each.
import { pathToFileURL } from 'node:url';

const [main = '', lines = '[]'] = process.argv.slice(2);
const print = process.stdout.write.bind(process.stdout);
const exit = process.exit.bind(process);
process.setMaxListeners(0);

let ended;
for (const stream of ['stdout', 'stderr']) {
  process[stream].write = (text, encoding, callback) => {
    ended[stream] += typeof text === 'string' ? text : Buffer.from(text).toString();
    (typeof encoding === 'function' ? encoding : callback)?.();
    return true;
  };
}
// The last statement of every command.
process.exit = (code) => {
  ended.code ??= code ?? process.exitCode ?? 0;
};

const all = [];
for (const [at, args] of JSON.parse(lines).entries()) {
  ended = { code: undefined, stdout: '', stderr: '' };
  process.argv = [process.execPath, main, ...args];
  process.exitCode = undefined;
  // Another query makes it another module: the program starts anew, with what it imports loaded already.
  await import(`${pathToFileURL(main).href}?${at}`);
  ended.code ??= process.exitCode ?? 0;
  all.push(ended);
}
print(JSON.stringify(all), () => exit(0));
