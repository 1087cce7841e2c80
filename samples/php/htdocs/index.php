<?php
// What a PHP page usually does: a form, an upload, a session, a redirect.

session_start();

function text(mixed $value): string
{
    return htmlspecialchars((string) $value, ENT_QUOTES);
}

if (isset($_POST['forget'])) {
    // Answer a POST with a redirect, so that a reload does not post again.
    $_SESSION = [];
    header('Location: ' . $_SERVER['SCRIPT_NAME'], true, 303);
    echo 'See ', text($_SERVER['SCRIPT_NAME']);
    return;
}
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
$file = $_FILES['file'] ?? null;
$host = ['PHP' => PHP_VERSION, 'Server API' => PHP_SAPI, 'System' => php_uname(), 'Script' => __FILE__];
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>PHP</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>PHP</h1>

<h2>A session</h2>
<form method="post">
  Visit number <?= text($_SESSION['visits']) ?>.
  <button name="forget" value="1">Forget me</button>
</form>

<h2>A form</h2>
<form method="post">
  <input name="name" placeholder="Your name" required> <button>Greet</button>
</form>
<?php if (isset($_POST['name'])): ?>
<p>Hello <?= text($_POST['name']) ?>.</p>
<?php endif ?>

<h2>An upload</h2>
<form method="post" enctype="multipart/form-data">
  <input type="file" name="file" required> <button>Upload</button>
</form>
<?php if ($file !== null && $file['error'] === UPLOAD_ERR_OK): ?>
<p><?= text($file['name']) ?>: <?= text($file['size']) ?> bytes,
  sha1 <code><?= sha1_file($file['tmp_name']) ?></code></p>
<?php elseif ($file !== null): ?>
<p class="refused">Upload error <?= text($file['error']) ?>.</p>
<?php endif ?>

<h2>What PHP can read</h2>
<table>
<?php foreach (['/htdocs/index.php', '/etc/passwd', '/htdocs/../../etc/passwd'] as $path): ?>
  <tr><th><?= text($path) ?><td><?= @file_get_contents($path) === false ? 'refused' : 'readable' ?>

<?php endforeach ?>
</table>

<h2>This PHP</h2>
<table>
<?php foreach ($host as $name => $value): ?>
  <tr><th><?= text($name) ?><td><?= text($value) ?>

<?php endforeach ?>
  <tr><th>Extensions<td><?= text(implode(', ', get_loaded_extensions())) ?>

</table>

<h2>The request</h2>
<table>
<?php ksort($_SERVER); foreach ($_SERVER as $name => $value): ?>
  <tr><th><?= text($name) ?><td><?= text(is_array($value) ? implode(' ', $value) : $value) ?>

<?php endforeach ?>
</table>
