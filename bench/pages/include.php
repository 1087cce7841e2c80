<?php
// Includes 50 files with a class each, as applications do, and uses them.
$names = [];
for ($i = 0; $i < 50; $i++) {
    include __DIR__ . "/include/part-$i.php";
    $class = "Part$i";
    $names[] = (new $class())->name();
}
header('Content-Type: text/plain');
echo implode("\n", $names), "\n";
