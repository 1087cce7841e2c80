<?php
// Runs WordPress, unchanged, on SQLite from a snapshot:
// wordpress.php index=FILE database=FILE host=NAME [https=on] [cookies=PREFIX,...]
//
// WordPress is loaded before the request, as for a visitor of whom nothing is known. A request for which
// it could have been loaded otherwise is served fresh: one that is no GET of index.php on that host, one
// of somebody who is logged in, and every one once the database answers otherwise than it did.

final class WasmFcgi
{
    const DEVICE = '/dev/wasm-fcgi/';
    /** Prefixes of cookies at which WordPress looks only once it is loaded. */
    const COOKIES = ['wordpress_test_cookie', 'comment_author_', 'wp-postpass_'];
    /** At these it looks before. */
    const QUERY = '/^(preview|customize_|wp_customize|wp_theme_preview|wp_scrape_|_wp-find-template)/';
    const FORWARDED = '/^HTTP_(X_)?FORWARDED/';
    /** Of each table, for loading: who asks for more has other answers in the end, and is served fresh. */
    const ROWS = 10_000;
    /** For others' locks, seconds. */
    const PATIENCE = 20;

    private static array $wanted;
    /** Of what was asked for loading: names of options, and SQL => what it was answered. */
    private static array $options = [];
    private static array $answers = [];
    private static int $loaded;

    /** The file to be run in the end. */
    public static function index(): string
    {
        return self::$wanted['index'];
    }

    /** Makes a request of nobody's. */
    public static function prepare(): void
    {
        self::$wanted = $_GET + ['index' => '', 'database' => '', 'host' => '', 'https' => '', 'cookies' => ''];
        if (!is_file(self::index()) || !is_file(self::$wanted['database']) || self::$wanted['host'] === '') {
            self::fail('wordpress.php needs index=FILE, WordPress\'s index.php, database=FILE and host=NAME');
        }
        $GLOBALS['@pdo'] = self::copyOf(self::$wanted['database']);
        $https = self::$wanted['https'] === 'on';
        [$name, $port] = explode(':', self::$wanted['host']) + [1 => $https ? '443' : '80'];
        self::become([
            'SERVER_SOFTWARE' => '',
            'SERVER_PROTOCOL' => 'HTTP/1.1',
            'SERVER_NAME' => $name,
            'SERVER_PORT' => $port,
            'REQUEST_METHOD' => 'GET',
            'REQUEST_URI' => '/',
            // Jobs are not started for one who is nobody.
            'QUERY_STRING' => 'doing_wp_cron',
            'SCRIPT_FILENAME' => self::index(),
            'SCRIPT_NAME' => '/index.php',
            'REMOTE_ADDR' => '127.0.0.1',
            'HTTP_HOST' => self::$wanted['host'],
        ] + ($https ? ['HTTPS' => 'on'] : []));
        foreach (['query' => 'noteQuery', 'pre_option' => 'noteOption'] as $filter => $name) {
            $GLOBALS['wp_filter'][$filter][PHP_INT_MAX][] = ['function' => [self::class, $name], 'accepted_args' => 2];
        }
        // To be watched: it is touched once there has to be another snapshot.
        is_file(self::stamp()) || touch(self::stamp());
        file_get_contents(self::stamp());
        self::$loaded = time();
    }

    private static function stamp(): string
    {
        return self::$wanted['database'] . '.snapshot';
    }

    /** Filters of WordPress. */
    public static function noteQuery(string $sql): string
    {
        self::$answers[$sql] = null;
        return $sql;
    }

    public static function noteOption(mixed $value, string $name): mixed
    {
        self::$options[$name] = null;
        return $value;
    }

    /** Waits for the request, and makes WordPress one that was loaded for it. */
    public static function request(): void
    {
        global $wpdb;
        if (is_multisite()) {
            self::fail('of a network of sites there is no snapshot');
        }
        remove_filter('query', [self::class, 'noteQuery'], PHP_INT_MAX);
        remove_filter('pre_option', [self::class, 'noteOption'], PHP_INT_MAX);
        $queries = $wpdb->num_queries;
        self::ask();
        $wpdb->flush();
        $wpdb->dbh = null;
        unset($GLOBALS['@pdo']);

        $entries = explode("\0", (string) file_get_contents(self::DEVICE . 'request'));
        self::become(self::variables($entries));
        if (!self::isForAll()) {
            self::serveFresh();
        }
        mt_srand(random_int(0, PHP_INT_MAX));
        clearstatcache();
        wp_fix_server_vars();
        wp_maintenance();
        timer_start();
        wp_debug_mode();
        // Which browser it is. The function in that file is there already, and lands elsewhere.
        eval('namespace wasm_fcgi; ?>' . file_get_contents(ABSPATH . WPINC . '/vars.php'));
        // For those who have a connection of their own to make, or anything else that is not for all.
        do_action('wasm_fcgi_request');
        $wpdb->db_connect();
        if (self::ask()) {
            clearstatcache();
            filemtime(self::stamp()) > self::$loaded || touch(self::stamp());
            self::serveFresh();
        }
        $wpdb->num_queries = $queries;
        wp_magic_quotes();
        sanitize_comment_cookies();
        wp_cron();
    }

    /** Asks the database once more what it was asked. @return whether an answer has changed */
    private static function ask(): bool
    {
        global $wpdb;
        wp_cache_flush_runtime();
        // These come and go, and are read when they are needed.
        $passes = static fn ($name) => $name !== 'cron' && !str_contains($name, '_transient_');
        $all = wp_load_alloptions();
        $options = [];
        foreach (array_keys(self::$options) as $name) {
            $options[$name] = $passes($name) ? $all[$name] ?? null : null;
        }
        $answers = [];
        foreach (array_keys(self::$answers) as $sql) {
            $isRead = preg_match('/^\s*(SELECT|SHOW)\b/i', $sql) && $passes($sql) && !str_contains($sql, 'WHERE autoload');
            if ($isRead) {
                $answers[$sql] = $wpdb->get_results($sql, ARRAY_N);
            }
        }
        $isSame = [self::$options, self::$answers] === [$options, $answers];
        [self::$options, self::$answers] = [$options, $answers];
        return !$isSame;
    }

    /**
     * Loading works on a copy in memory. It may write there, and no file stays open: PDO does not close
     * one that it was asked anything of, so that here it is told and never asked.
     */
    private static function copyOf(string $file): PDO
    {
        // What is opened for reading only counts as part of the program.
        $from = new SQLite3($file, SQLITE3_OPEN_READWRITE);
        $from->enableExceptions(true);
        $from->busyTimeout(1000 * self::PATIENCE);
        $found = $from->query("SELECT type, name, sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite_%'");
        $parts = [];
        while ($part = $found->fetchArray(SQLITE3_ASSOC)) {
            $parts[$part['type'] === 'table' ? 'tables' : 'others'][$part['name']] = $part['sql'];
        }
        $from->close();
        $options = [PDO::ATTR_STRINGIFY_FETCHES => true, PDO::ATTR_TIMEOUT => self::PATIENCE];
        $copy = new PDO('sqlite::memory:', null, null, $options);
        $copy->exec('ATTACH ' . $copy->quote($file) . ' AS site');
        foreach ($parts['tables'] ?? [] as $name => $sql) {
            $quoted = '"' . str_replace('"', '""', $name) . '"';
            $copy->exec($sql);
            $copy->exec("INSERT INTO main.$quoted SELECT * FROM site.$quoted LIMIT " . self::ROWS);
        }
        $copy->exec('DETACH site');
        foreach ($parts['others'] ?? [] as $sql) {
            $copy->exec($sql);
        }
        return $copy;
    }

    /** As php-cgi makes them of its environment. */
    private static function variables(array $entries): array
    {
        $variables = [];
        foreach ($entries as $entry) {
            [$name, $value] = explode('=', $entry, 2) + [1 => null];
            if ($value !== null && !strpbrk($name, ' .[')) {
                $variables[$name] = $value;
            }
        }
        return $variables;
    }

    private static function become(array $variables): void
    {
        $now = microtime(true);
        $query = $variables['QUERY_STRING'] ?? '';
        $_SERVER = $variables;
        $_SERVER['PHP_SELF'] = $variables['SCRIPT_NAME'] ?? '';
        $_SERVER['REQUEST_TIME_FLOAT'] = $now;
        $_SERVER['REQUEST_TIME'] = (int) $now;
        if (ini_get('register_argc_argv')) {
            $_SERVER['argv'] = $query === '' ? [] : explode('+', $query);
            $_SERVER['argc'] = count($_SERVER['argv']);
        }
        parse_str($query, $_GET);
        parse_str(self::cookies($variables['HTTP_COOKIE'] ?? ''), $_COOKIE);
        $_REQUEST = $_GET;
        $_POST = $_FILES = [];
        $_ENV = str_contains(ini_get('variables_order'), 'E') ? getenv() : [];
    }

    /** A header as a query: of two with one name the first counts. */
    private static function cookies(string $header): string
    {
        $pairs = [];
        foreach (explode(';', $header) as $pair) {
            [$name, $value] = explode('=', ltrim($pair), 2) + [1 => ''];
            $pairs[$name] ??= rawurlencode($name) . '=' . rawurlencode(rawurldecode($value));
        }
        return implode('&', $pairs);
    }

    /** Whether it could be anybody's, as far as WordPress looks at it while it is loaded. */
    private static function isForAll(): bool
    {
        $is = static fn (string $name, string ...$values) => in_array($_SERVER[$name] ?? '', $values, true);
        return $is('REQUEST_METHOD', 'GET', 'HEAD')
            && $is('SCRIPT_FILENAME', self::index())
            && $is('HTTP_HOST', self::$wanted['host'])
            && $is('HTTPS', self::$wanted['https'])
            && $is('PATH_INFO', '')
            && $is('CONTENT_LENGTH', '', '0')
            && $is('HTTP_AUTHORIZATION', '')
            && $is('REMOTE_USER', '')
            && !preg_grep(self::FORWARDED, array_keys($_SERVER))
            && !preg_grep(self::QUERY, array_keys($_GET))
            && !array_filter(array_keys($_COOKIE), [self::class, 'isPersonal']);
    }

    private static function isPersonal(string $cookie): bool
    {
        $harmless = [...self::COOKIES, ...explode(',', self::$wanted['cookies'])];
        return !array_filter($harmless, static fn ($prefix) => $prefix !== '' && str_starts_with($cookie, $prefix));
    }

    private static function serveFresh(): never
    {
        // Does not return: the request begins anew, without a snapshot and without this file.
        @fopen(self::DEVICE . 'fresh', 'r');
        self::fail('wordpress.php is for snapshots only');
    }

    private static function fail(string $why): never
    {
        error_log($why);
        exit(1);
    }
}

WasmFcgi::prepare();
require dirname(WasmFcgi::index()) . '/wp-load.php';
WasmFcgi::request();
require WasmFcgi::index();
