<?php
// Everything phpinfo() knows that does not change from one request to the next.
phpinfo(INFO_GENERAL | INFO_CONFIGURATION | INFO_MODULES | INFO_LICENSE);
