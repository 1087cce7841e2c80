<?php
// Hello, and all that PHP has to say about itself, on a page that fits a phone as well.

ob_start();
phpinfo();
$head = '<meta name="viewport" content="width=device-width">
<style>table, hr { width: 100%; max-width: 934px; table-layout: fixed } td, th { overflow-wrap: anywhere }</style>';
echo str_replace('</head>', "$head</head>", ob_get_clean());
