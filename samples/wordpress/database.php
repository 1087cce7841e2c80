<?php
// Opens WordPress's database so that no lock stays behind. WASI has no file locks: SQLite locks by
// making a directory, and this PHP does not end a statement that still has rows when it is dropped.

const DATABASE = __DIR__ . '/data/wordpress.sqlite';
/** No request lives that long (WasmTimeout): a lock that old belongs to one that was ended. */
const STALE_SECONDS = 120;

class ClosingStatement extends PDOStatement
{
    public function __destruct()
    {
        $this->closeCursor();
    }
}

/** The SQLite plugin takes a connection that is there already. */
function open_database(): void
{
    $lock = DATABASE . '.lock';
    if (is_dir($lock) && filemtime($lock) < time() - STALE_SECONDS) {
        rmdir($lock);
    }
    $GLOBALS['@pdo'] = new PDO('sqlite:' . DATABASE, null, null, [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_STRINGIFY_FETCHES => true,
        PDO::ATTR_STATEMENT_CLASS => [ClosingStatement::class],
        PDO::ATTR_TIMEOUT => 20,
    ]);
}

// For a snapshot it is loaded with another one.
if (!isset($GLOBALS['@pdo'])) {
    open_database();
}
