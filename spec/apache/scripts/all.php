<?php
// What programs of the web do, in PHP: ?do=form, upload, redirect, session, bytes, body.
switch ($_GET['do'] ?? '') {
    case 'form':
        echo 'form ', $_POST['name'];
        break;
    case 'upload':
        $file = $_FILES['file'];
        echo $file['name'], ' ', $file['size'], ' ', sha1_file($file['tmp_name']);
        break;
    case 'redirect':
        header('Location: /there?x=1', true, 302);
        echo 'moved';
        break;
    case 'session':
        session_start();
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        echo 'count ', $_SESSION['count'];
        break;
    case 'bytes':
        header('Content-Type: application/octet-stream');
        for ($i = 0; $i < 1024; $i++) echo implode('', array_map('chr', range(0, 255)));
        break;
    case 'body':
        echo sha1(file_get_contents('php://input'));
        break;
}
