<?php
// The configuration of the demo's WordPress.

define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST'] . '/wordpress');
define('WP_SITEURL', WP_HOME);

// SQLite instead of a database server; the file lies where no URL leads to.
define('DB_NAME', 'wordpress');
define('DB_DIR', dirname(__DIR__) . '/data');
define('DB_FILE', 'wordpress.sqlite');

// There is no network behind the sandbox: updates are made from outside, and nothing is fetched.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISALLOW_FILE_MODS', true);
// Jobs would be started by a request to ourselves.
define('DISABLE_WP_CRON', true);
define('CONCATENATE_SCRIPTS', false);

// Keys and salts, made when the site was laid out.
require dirname(__DIR__) . '/keys.php';

$table_prefix = 'wp_';

require dirname(__DIR__) . '/database.php';

defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
