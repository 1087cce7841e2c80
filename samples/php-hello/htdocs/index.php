<?php
// Hello, and all that PHP has to say about itself.
phpinfo();
