<?php
// What all rivals' WordPress has in common: plain addresses, which are answered under any path.

remove_action('template_redirect', 'redirect_canonical');
add_action('wp_install', fn () => update_option('show_avatars', 0));
remove_action('wp_head', 'print_emoji_detection_script', 7);

// From a snapshot the connection is made anew for each request.
add_action('wasm_fcgi_request', 'open_database');
