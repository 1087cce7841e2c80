<?php
// A guestbook in one file: SQLite through PDO, a form that cannot be forged, a redirect.

const MOST_CHARACTERS = 500;
const SHOWN_ENTRIES = 50;
const BOOK = '/data/guestbook.sqlite';
/** No request lives that long (WasmTimeout). */
const STALE_SECONDS = 60;

session_start();
$_SESSION['token'] ??= bin2hex(random_bytes(16));

function text(mixed $value): string
{
    return htmlspecialchars((string) $value, ENT_QUOTES);
}

function open_book(): PDO
{
    // Without file locks in WASI, SQLite locks by a directory. A request that is ended while it
    // writes leaves its lock behind.
    $lock = BOOK . '.lock';
    if (is_dir($lock) && filemtime($lock) < time() - STALE_SECONDS) {
        rmdir($lock);
    }
    $book = new PDO('sqlite:' . BOOK);
    $book->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
    $book->setAttribute(PDO::ATTR_TIMEOUT, 5);
    $book->exec('CREATE TABLE IF NOT EXISTS entry (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, said TEXT NOT NULL, at INTEGER NOT NULL)');
    return $book;
}

$book = open_book();
$fault = '';
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $name = trim((string) ($_POST['name'] ?? ''));
    $said = trim((string) ($_POST['said'] ?? ''));
    if (!hash_equals($_SESSION['token'], (string) ($_POST['token'] ?? ''))) {
        http_response_code(403);
        $fault = 'Please send the form of this page.';
    } elseif ($name === '' || $said === '' || mb_strlen($name . $said) > MOST_CHARACTERS) {
        http_response_code(400);
        $fault = 'A name and a few words, please: ' . MOST_CHARACTERS . ' characters at most.';
    } else {
        $add = $book->prepare('INSERT INTO entry (name, said, at) VALUES (?, ?, ?)');
        $add->execute([$name, $said, time()]);
        header('Location: ' . $_SERVER['SCRIPT_NAME'], true, 303);
        echo 'Thank you.';
        return;
    }
}
// All rows are fetched, because a statement that still has some keeps the lock.
[$count] = $book->query('SELECT count(*) FROM entry')->fetchAll(PDO::FETCH_COLUMN);
$entries = $book->query('SELECT * FROM entry ORDER BY id DESC LIMIT ' . SHOWN_ENTRIES)->fetchAll();
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>Guestbook</h1>
<form method="post" action="<?= text($_SERVER['SCRIPT_NAME']) ?>">
  <input type="hidden" name="token" value="<?= text($_SESSION['token']) ?>">
  <p><input name="name" placeholder="Your name" maxlength="60" required></p>
  <p><textarea name="said" rows="3" placeholder="A few words" maxlength="400" required></textarea></p>
  <p><button>Sign</button></p>
</form>
<?php if ($fault !== ''): ?>
<p class="refused"><?= text($fault) ?></p>
<?php endif ?>
<h2><?= text($count) ?> <?= $count == 1 ? 'entry' : 'entries' ?></h2>
<?php foreach ($entries as $entry): ?>
<article class="entry">
  <p><?= nl2br(text($entry['said'])) ?></p>
  <p class="language"><?= text($entry['name']) ?>, <?= date('j F Y, H:i', (int) $entry['at']) ?> UTC</p>
</article>
<?php endforeach ?>
