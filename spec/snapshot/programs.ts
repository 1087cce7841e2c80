// Programs of the specs of preludes, and what they are asked.

import type { Question } from '../apache/bed.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const UPLOAD = { 'content-type': 'multipart/form-data; boundary=edge' };
const PARTS = [
  '--edge\r\nContent-Disposition: form-data; name="text[a]"\r\n\r\nvalue\r\n',
  '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n',
  'Content-Type: text/plain\r\n\r\nits content\r\n--edge--\r\n',
].join('');

const post = (body: string, headers: Record<string, string> = FORM): Question => ({
  method: 'POST',
  headers,
  body,
});
export const UPLOADS: Question = post(PARTS, UPLOAD);

/** [what its URL ends with, how it is asked] for each program. */
export const PAGES: Readonly<
  Record<string, readonly (readonly [url: string, question?: Question])[]>
> = {
  cgi: [
    ['?name=you'],
    ['?format=json&name=%C3%A9'],
    ['?open=/app/hello.py'],
    ['/path/info?a=b', { headers: { cookie: 'a=b', 'x-odd': '\xe9' } }],
    ['', post('name=a+%3Cguest%3E')],
    ['', { method: 'HEAD' }],
  ],
  ends: [['?', post('a body')], ['?status'], ['?text'], ['?raise'], ['?exit'], ['?quiet']],
  wsgi: [
    ['/'],
    ['/notes.json'],
    ['/notes/999'],
    ['/notes', post('text=+')],
    ['/', { method: 'HEAD' }],
    ['/nowhere'],
  ],
  own: [['?a=b']],
  php: [
    [
      '/show.php?a=1&b[]=2&c.d=3',
      { headers: { cookie: 'x=1; y[z]=2', authorization: 'Basic YTpi' } },
    ],
    ['/show.php/path/info?q'],
    ['/show.php/%0A[section]%0AParent=section%0A((?${PATH}', { headers: { 'x-odd': '"[a;=(' } }],
    ['/show.php', post('p=q&r[s]=t&p=u')],
    ['/show.php?a=1', UPLOADS],
    ['/show.php', post('{"json":1}', { 'content-type': 'application/json' })],
    ['/show.php', { method: 'PUT', body: 'put' }],
    ['/show.php?header=x', { method: 'HEAD' }],
    ['/show.php?header=x'],
    ['/fails.php'],
    ['/none.php'],
  ],
};

/** An unchanged script that shows all that PHP knows of a request, and keeps an upload. */
const SHOW_PHP = `<?php
session_id('abc');
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
if (isset($_GET['header'])) { header('X-Of-Mine: ' . $_GET['header']); http_response_code(418); }
setcookie('seen', 'yes');
echo json_encode([
  'visits' => $_SESSION['visits'],
  'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'request' => $_REQUEST,
  'files' => array_map(fn ($file) => [$file['name'], $file['type'], $file['size'], $file['error']], $_FILES),
  'moved' => isset($_FILES['file']) && move_uploaded_file($_FILES['file']['tmp_name'], '/tmp/kept')
    ? file_get_contents('/tmp/kept') : null,
  'input' => file_get_contents('php://input'),
  'server' => array_diff_key($_SERVER, ['REQUEST_TIME' => 0, 'REQUEST_TIME_FLOAT' => 0,
    'REMOTE_PORT' => 0, 'UNIQUE_ID' => 0]),
  'environment' => [getenv('REQUEST_METHOD'), getenv('QUERY_STRING'), getenv('OF_MINE')],
  'session' => session_id(),
], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES);
`;

/** What is random in PHP; "seeded" is what a script gets that seeds its generator with a constant. */
const RANDOM_PHP = `<?php
if (str_starts_with($_SERVER['QUERY_STRING'], 'seeded')) mt_srand(1);
$deck = range(0, 99);
shuffle($deck);
echo json_encode(['token' => '', 'counted' => 1, 'query' => $_SERVER['QUERY_STRING'], 'values' => [
  'mt_rand' => mt_rand(), 'rand' => rand(), 'shuffle' => $deck, 'lcg_value' => lcg_value(),
  'random_int' => random_int(0, PHP_INT_MAX), 'random_bytes' => bin2hex(random_bytes(8)),
  'uniqid' => uniqid('', true), 'session_create_id' => session_create_id(),
]]);
`;

export const PHP_SCRIPTS: Readonly<Record<string, string>> = {
  'show.php': SHOW_PHP,
  'random.php': RANDOM_PHP,
  'fails.php': '<?php echo "begun"; missing();',
};

/**
 * What scripts import: TOKEN tells one start from another, and whatever is random has been asked
 * once, so that a copy of its state would show.
 */
const BORN_PY = `import json, os, random, secrets, tempfile, uuid
TOKEN = os.urandom(8).hex()
counted = []
def values():
    return {
        "random": random.random(), "shuffle": random.sample(range(100), 100),
        "mktemp": os.path.basename(tempfile.mktemp(dir="/data")),
        "uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()), "urandom": os.urandom(8).hex(),
        "secrets": secrets.token_hex(), "SystemRandom": random.SystemRandom().random(),
        "Random": random.Random().random(), "hash": hash("a text"),
    }
values()
def show():
    counted.append(1)
    print("Content-Type: application/json\\n")
    print(json.dumps({"token": TOKEN, "counted": len(counted), "query": os.environ["QUERY_STRING"], "values": values()}))
`;

/** Ends in each of the ways in which a script can end, or shows what is random. */
const ENDS_PY = `import atexit, born, os, sys
what = os.environ["QUERY_STRING"]
if what.startswith("round"):
    born.show()
    sys.exit()
print("Content-Type: text/plain\\n")
print("begun", __name__, __file__, sys.argv, sys.path[0], sys.modules["__main__"].sys is sys, sys.stdin.read())
atexit.register(lambda: print("at the end"))
if what == "status": sys.exit(3)
if what == "text": sys.exit("a text")
if what == "raise": raise ValueError(what)
if what == "exit": sys.exit()
if what == "quiet": sys.stdout.close()
`;

/** A program that asks for its request by itself, and seeds nothing. */
const UNSEEDED_PY = `import born, os
with open("/dev/wasm-fcgi/request", "rb", buffering=0) as file:
    for entry in file.readall().split(b"\\0"):
        name, _, value = entry.partition(b"=")
        if name: os.environ[os.fsdecode(name)] = os.fsdecode(value)
born.show()
`;

export const PYTHON_FILES: Readonly<Record<string, string>> = {
  'app/ends.py': ENDS_PY,
  'app/born.py': BORN_PY,
  'app/unseeded.py': UNSEEDED_PY,
  // Python runs it whenever it starts: so each start is in the log.
  'libs/sitecustomize.py': 'import sys; print("python starts", file=sys.stderr)\n',
};
