<?php
// Settings of the demo's WordPress: pretty permalinks, and nothing that asks other servers.

add_action('wp_install', function () {
    update_option('permalink_structure', '/%year%/%postname%/');
    update_option('show_avatars', 0);
    flush_rewrite_rules(false);
});

// Apache's FallbackResource takes the part of mod_rewrite: no index.php in the addresses.
add_filter('got_url_rewrite', '__return_true');

// News and events come from wordpress.org, emoji and avatars too.
add_action('wp_dashboard_setup', fn () => remove_meta_box('dashboard_primary', 'dashboard', 'side'));
remove_action('wp_head', 'print_emoji_detection_script', 7);
remove_action('admin_print_scripts', 'print_emoji_detection_script');

// From a snapshot the connection is made anew for each request.
add_action('wasm_fcgi_request', 'open_database');
